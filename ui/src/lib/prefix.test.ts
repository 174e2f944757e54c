import { expect, it } from 'vitest';
import { prefixOf } from './prefix';

it('a prefix begins with a letter and holds no odd characters', () => {
  expect(['github', '7zip', 'my files', '42', 'x'.repeat(40)].map(prefixOf)).toEqual([
    'github',
    'zip',
    'my_files',
    '',
    'x'.repeat(32),
  ]);
});
