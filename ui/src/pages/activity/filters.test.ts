import { expect, test } from 'vitest';
import type { Api } from '$lib/api/client';
import { FAILURES, filterFrom, isFiltered, matchesFilter, queryOf, type Filter } from './filters';

const none: Filter = { upstream: '', client: '', session: '', method: '', outcome: '', q: '' };
const call: Api['CallView'] = {
  id: 1,
  at_ms: 0,
  session: 'a1b2c3d4',
  client: 'claude',
  upstream: 'github',
  method: 'tools/call',
  target: 'Search_Code',
  duration_us: 10,
  request_bytes: 1,
  answer_bytes: 1,
  outcome: 'tool_error',
};

const cases: [Partial<Filter>, boolean][] = [
  [{}, true],
  [{ upstream: 'github' }, true],
  [{ upstream: 'git' }, false],
  [{ client: 'claude', method: 'tools/call' }, true],
  [{ client: 'claude', method: 'prompts/get' }, false],
  [{ session: 'a1b2c3d4' }, true],
  [{ session: 'a1b2' }, false],
  [{ outcome: 'ok' }, false],
  [{ outcome: 'tool_error' }, true],
  [{ outcome: FAILURES }, true],
  [{ outcome: 'error' }, false],
  [{ q: 'search' }, true],
  [{ q: 'CODE' }, true],
  [{ q: 'issue' }, false],
];

test.each(cases)('%o lets the call through: %s', (filter, expected) => {
  expect(matchesFilter(call, { ...none, ...filter })).toBe(expected);
});

test('a call to nobody fits no upstream and no text', () => {
  const listed = { ...call, upstream: null, target: null };
  expect(matchesFilter(listed, none)).toBe(true);
  expect(matchesFilter(listed, { ...none, upstream: 'github' })).toBe(false);
  expect(matchesFilter(listed, { ...none, q: 'x' })).toBe(false);
});

test('the query holds only what filters', () => {
  const filter = filterFrom((name) => ({ upstream: 'github', q: 'a b' })[name] ?? '');
  expect(filter).toEqual({ ...none, upstream: 'github', q: 'a b' });
  expect(queryOf(filter)).toEqual({ upstream: 'github', q: 'a b' });
  expect(isFiltered(filter)).toBe(true);
  expect(isFiltered(none)).toBe(false);
});
