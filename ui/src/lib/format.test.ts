import { expect, it } from 'vitest';
import { overwriteGetLocale } from '$paraglide/runtime';
import { ago, bytes, count, duration } from './format';

overwriteGetLocale(() => 'en');

it('says sizes as the command line does', () => {
  const cases: [number, string][] = [
    [0, '0 bytes'],
    [700, '700 bytes'],
    [999_400, '999 kB'],
    [999_600, '1 MB'],
    [9_940_000, '9.9 MB'],
    [410_300_000, '410 MB'],
    [1_640_000_000, '1.6 GB'],
  ];
  for (const [value, text] of cases) expect(bytes(value), `${value}`).toBe(text);
});

it('says durations with as many digits as tell something', () => {
  const cases: [number, string][] = [
    [0.34, '340 µs'],
    [1.26, '1.3 ms'],
    [12.4, '12 ms'],
    [999.6, '1 s'],
    [1400, '1.4 s'],
    [61_000, '61 s'],
    [125_000, '2 min'],
    [86_400_000, '24 h'],
    [259_200_000, '3 d'],
  ];
  for (const [ms, text] of cases) expect(duration(ms), `${ms}`).toBe(text);
});

it('says how long ago something was, and never that it will be', () => {
  const now = 1_800_000_000_000;
  const cases: [number, string][] = [
    [-5000, 'now'],
    [4000, 'now'],
    [42_000, '42 seconds ago'],
    [180_000, '3 minutes ago'],
    [7_200_000, '2 hours ago'],
    [86_400_000, 'yesterday'],
  ];
  for (const [before, text] of cases) expect(ago(now - before, now), `${before}`).toBe(text);
});

it('follows the language', () => {
  overwriteGetLocale(() => 'de');
  expect(count(4000)).toBe('4.000');
  expect(count(40_000)).toBe('40.000');
  expect(bytes(1_640_000_000).replace('\u00a0', ' ')).toBe('1,6 GB');
});
