import { expect, it } from 'vitest';
import { isToolName } from './tool-name';

it('knows the names that a tool may have', () => {
  expect(['a', 'get_file', 'a.b-c', 'x'.repeat(128)].filter((name) => !isToolName(name))).toEqual([]);
  expect(['', 'a b', 'ä', 'a/b', 'x'.repeat(129)].filter(isToolName)).toEqual([]);
});
