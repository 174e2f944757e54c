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

it('names the thing before what is done to it, and the deed before the things when that is typed', () => {
  const deeds = [
    entry('Actions', 'Stop the gateway'),
    { ...entry('Actions', 'Stop github'), needsSearch: true },
    entry('Upstreams', 'github'),
  ];
  const check = (search: string) =>
    found(deeds, search).flatMap(({ entries }) => entries.map((e) => e.label));
  expect(check('git')).toEqual(['github', 'Stop github']);
  expect(check('stop')).toEqual(['Stop the gateway', 'Stop github']);
  expect(check(''), 'no deed of one thing unasked').toEqual(['Stop the gateway', 'github']);
});

it('shows a few of each kind', () => {
  expect(found(all, '').map((group) => group.entries.length)).toEqual([1, 2, 8]);
});
