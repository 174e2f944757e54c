import { expect, it } from 'vitest';
import { found, type Entry } from './palette';

function entry(group: string, label: string, hint?: string): Entry {
  return { id: `${group} ${label}`, group, label, hint, run: () => undefined };
}

const all = [
  entry('Pages', 'Tools'),
  entry('Tools', 'search_code', 'github'),
  entry('Tools', 'code', 'editor'),
  ...Array.from({ length: 20 }, (_, at) => entry('Upstreams', `server ${at}`)),
];

function check(search: string): string[] {
  return found(all, search).map((group) => `${group.title}: ${group.entries.map((e) => e.label).join(', ')}`);
}

it('finds by label and hint, word by word, best first', () => {
  expect(check('code')).toEqual(['Tools: code, search_code']);
  expect(check('GITHUB search')).toEqual(['Tools: search_code']);
  expect(check('nothing like it')).toEqual([]);
});

it('shows a few of each kind', () => {
  expect(found(all, '').map((group) => group.entries.length)).toEqual([1, 2, 8]);
});
