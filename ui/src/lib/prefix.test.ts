import { expect, it } from 'vitest';
import { isPrefix, prefixOf } from './prefix';

it('a prefix begins with a letter and holds no odd characters', () => {
  expect(['github', '7zip', 'my files', '42', 'x'.repeat(40)].map(prefixOf)).toEqual([
    'github',
    'zip',
    'my_files',
    '',
    'x'.repeat(32),
  ]);
});

it('knows the prefixes that the gateway takes', () => {
  expect(['a', 'gh.v2', 'x'.repeat(32)].filter((prefix) => !isPrefix(prefix))).toEqual([]);
  expect(['', '1a', '_a', 'a b', 'x'.repeat(33)].filter(isPrefix)).toEqual([]);
});
