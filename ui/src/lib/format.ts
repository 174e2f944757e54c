/** Numbers, sizes and times as people read them, in the language of the window. */
import { getLocale } from '$paraglide/runtime';

const cached = new Map<string, Intl.NumberFormat | Intl.RelativeTimeFormat | Intl.DateTimeFormat>();

function once<T extends Intl.NumberFormat | Intl.RelativeTimeFormat | Intl.DateTimeFormat>(
  key: string,
  make: (locale: string) => T,
): T {
  const locale = getLocale();
  const name = `${locale} ${key}`;
  let found = cached.get(name);
  if (found === undefined) {
    found = make(locale);
    cached.set(name, found);
  }
  return found as T;
}

function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return once(JSON.stringify(options), (locale) => new Intl.NumberFormat(locale, options)).format(value);
}

/** `4,000` */
export function count(value: number): string {
  return number(value);
}

/** `410 MB`, `1.6 GB`: as the command line has them. */
export function bytes(value: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  let amount = value;
  let at = 0;
  while (amount >= 999.5 && at + 1 < units.length) {
    amount /= 1000;
    at += 1;
  }
  const maximumFractionDigits = at > 1 && amount < 9.95 ? 1 : 0;
  // The short form of a byte has no plural.
  const unitDisplay = at === 0 ? 'long' : 'short';
  return number(amount, { style: 'unit', unit: units[at], unitDisplay, maximumFractionDigits });
}

/** `340 µs`, `12 ms`, `1.4 s`, `2 min` */
export function duration(ms: number): string {
  if (ms < 1) return `${number(Math.round(ms * 1000))} µs`;
  if (ms < 9.95) return `${number(ms, { maximumFractionDigits: 1 })} ms`;
  if (ms < 999.5) return `${number(Math.round(ms))} ms`;
  if (ms < 9950) return `${number(ms / 1000, { maximumFractionDigits: 1 })} s`;
  if (ms < 120_000) return `${number(Math.round(ms / 1000))} s`;
  if (ms < 7_200_000) return `${number(Math.round(ms / 60_000))} min`;
  if (ms < 172_800_000) return `${number(Math.round(ms / 3_600_000))} h`;
  return `${number(Math.round(ms / 86_400_000))} d`;
}

/** `3 minutes ago`; `now` within five seconds. */
export function ago(atMs: number, nowMs: number): string {
  const format = once('ago', (locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));
  const seconds = Math.max(0, (nowMs - atMs) / 1000);
  if (seconds < 5) return format.format(0, 'second');
  if (seconds < 60) return format.format(-Math.floor(seconds), 'second');
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return format.format(-Math.floor(seconds / 3600), 'hour');
  return format.format(-Math.floor(seconds / 86_400), 'day');
}

/** `14:03:27` */
export function time(atMs: number): string {
  return once('time', (locale) => new Intl.DateTimeFormat(locale, { timeStyle: 'medium' })).format(atMs);
}

/** `20 Nov 2026, 14:03:27` */
export function moment(atMs: number): string {
  return once(
    'moment',
    (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }),
  ).format(atMs);
}

/** `37 %` */
export function percent(share: number): string {
  return number(share, { style: 'percent', maximumFractionDigits: share < 0.1 ? 1 : 0 });
}
