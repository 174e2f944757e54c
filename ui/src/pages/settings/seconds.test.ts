import { expect, it } from 'vitest';
import { secondsOf, secondsText } from './seconds';

it.each([
  ['300', 300],
  [' 0 ', 0],
  ['0.5', 0.5],
  ['5 min', 300],
  ['5min', 300],
  ['1 min 30 s', 90],
  ['1,5 h', 5400],
  ['1 Tag', 86_400],
  ['24 Std.', 86_400],
  ['2 days', 172_800],
  ['soon', null],
  ['5 parsecs', null],
  ['-3', null],
  ['5 min later', null],
  ['', null],
])('%j is %j seconds', (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});

it.each([
  [0, '0 s'],
  [0.01, '0.01 s'],
  [60, '1 min'],
  [90, '1 min 30 s'],
  [86_400, '1 d'],
  [90_061, '1 d 1 h 1 min 1 s'],
])('%j seconds read %j, and back', (seconds, text) => {
  expect(secondsText(seconds)).toBe(text);
  expect(secondsOf(text)).toBe(seconds);
});
