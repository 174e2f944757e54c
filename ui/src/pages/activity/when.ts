/** When a call began, as short as a row allows: of today the time, of other days the day as well. */
import { time } from '$lib/format';
import { getLocale } from '$paraglide/runtime';

const DAY: Intl.DateTimeFormatOptions = {
  month: 'numeric',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
};
let made: { locale: string; format: Intl.DateTimeFormat } | null = null;

export function when(atMs: number, nowMs: number): string {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString();
  if (isToday) return time(atMs);
  const locale = getLocale();
  if (made?.locale !== locale) made = { locale, format: new Intl.DateTimeFormat(locale, DAY) };
  return made.format.format(atMs);
}
