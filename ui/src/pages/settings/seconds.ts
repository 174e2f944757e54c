/** Lengths of time as people type and read them; the gateway counts seconds. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: [RegExp, number][] = [
  [/^(s|sec|secs|seconds?|sek|sekunden?)$/, 1],
  [/^(m|min|mins|minutes?|minuten?)$/, MINUTE],
  [/^(h|hrs?|hours?|std|stunden?)$/, HOUR],
  [/^(d|days?|t|tage?n?)$/, DAY],
];

/** `90` and `1 min 30 s` are ninety seconds; null for what is no length of time. */
export function secondsOf(text: string): number | null {
  const given = text.trim().toLowerCase();
  if (/^\d+([.,]\d+)?$/.test(given)) return number(given);
  const parts = [...given.matchAll(/(\d+(?:[.,]\d+)?)\s*([a-z]+)\.?\s*/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== given) return null;
  let sum = 0;
  for (const [, amount = '', unit = ''] of parts) {
    const factor = UNITS.find(([words]) => words.test(unit))?.[1];
    if (factor === undefined) return null;
    sum += number(amount) * factor;
  }
  return sum;
}

function number(text: string): number {
  return Number(text.replace(',', '.'));
}

/** `1 min 30 s`, with the signs of units that every language has. */
export function secondsText(seconds: number): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [sign, length] of [
    ['d', DAY],
    ['h', HOUR],
    ['min', MINUTE],
  ] as const) {
    const amount = Math.floor(rest / length);
    if (amount > 0) parts.push(`${amount} ${sign}`);
    rest -= amount * length;
  }
  const left = Math.round(rest * 1000) / 1000;
  if (left > 0 || parts.length === 0) parts.push(`${left} s`);
  return parts.join(' ');
}
