import { expect, test } from 'vitest';
import { withoutCodes } from './terminal';

test.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]8;;https://example.com\u0007link\u001b]8;;\u0007', 'link'],
  ['\u001b[2K\u001b[1Gdone', 'done'],
  ['plain [31m', 'plain [31m'],
])('%j reads %j', (text, expected) => {
  expect(withoutCodes(text)).toBe(expected);
});
