import { expect, test } from 'vitest';
import { MAX_LINES, asText, joined } from './log-lines';

const said = (text: string, at_ms = 1, source = 'stderr') => ({ at_ms, source, text });
const texts = (lines: readonly { text: string }[]) => lines.map(({ text }) => text).join(' ');

test('what was heard before is not told twice', () => {
  const first = joined([], [said('a'), said('b')]);
  const second = joined(first, [said('b'), said('c')]);
  expect(texts(second)).toBe('a b c');
  expect(second.map(({ id }) => id)).toEqual([1, 2, 3]);
});

test('nothing new leaves the same list', () => {
  const known = joined([], [said('a'), said('b')]);
  expect(joined(known, [said('a'), said('b')])).toBe(known);
});

test('lines that say the same stay apart', () => {
  const known = joined([], [said('a'), said('a')]);
  expect(texts(joined(known, [said('a'), said('a'), said('a', 2)]))).toBe('a a a');
});

test('after a gap everything heard is new', () => {
  expect(texts(joined(joined([], [said('a')]), [said('x', 9), said('y', 9)]))).toBe('a x y');
});

test('the oldest lines go first', () => {
  const many = Array.from({ length: MAX_LINES + 2 }, (_, at) => said(String(at), at));
  const lines = joined([], many);
  expect(lines).toHaveLength(MAX_LINES);
  expect(lines[0]?.text).toBe('2');
});

test('a file tells time and source of each line', () => {
  const lines = joined([], [said('hello', 0, 'life')]);
  expect(asText(lines)).toBe('1970-01-01T00:00:00.000Z life   hello\n');
});
