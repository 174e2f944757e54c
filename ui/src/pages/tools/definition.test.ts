import { expect, test } from 'vitest';
import { definitionText } from './definition';

test('a definition keeps its digits', () => {
  const definition = '{"name":"x","inputSchema":{"maximum":9007199254740993,"default":1.0}}';
  const item = (upstream: string, of: string) =>
    `{"upstream":"${upstream}","own_name":"x","definition":${of}}`;
  const answer = `{"items":[${item('a', '{}')},${item('b', definition)}]}`;
  expect(definitionText(answer, { upstream: 'b', own_name: 'x' })).toBe(definition);
  expect(definitionText(answer, { upstream: 'c', own_name: 'x' })).toBeNull();
});
