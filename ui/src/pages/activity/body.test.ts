import { expect, test } from 'vitest';
import { isCut, isMasked } from './body';

test.each([
  ['{"token":"***"}', true],
  ['{"text":"{\\"token\\":\\"***\\"}"}', true],
  ['{"text":"***bold***"}', false],
  ['{"text":"a *** b"}', false],
])('%s is masked: %s', (text, expected) => {
  expect(isMasked(text)).toBe(expected);
});

test('only what was longer than the bound is cut', () => {
  expect(isCut('{"text":"and so on…', 20_000)).toBe(true);
  expect(isCut('"and so on"', 20_000)).toBe(false);
  expect(isCut('and so on…', 12)).toBe(false);
});
