import { expect, test } from 'vitest';
import type { Api } from '$lib/api/client';
import { found, rowsOf, type Row } from './rows';
import { copiesOf, isModern, middle, share, type Session } from './session';

const session = (id: string, client: string, more: Partial<Session> = {}): Session => ({
  id,
  client,
  client_info: null,
  protocol_version: '2025-11-25',
  path: '/mcp',
  calls: 0,
  children: 0,
  idle_ms: 0,
  asleep: false,
  upstreams: [],
  ...more,
});
const names = (rows: Row[]) =>
  rows.map((row) => (row.kind === 'client' ? `# ${row.client} ${row.count}` : row.session.id));

test('sessions stand under their clients when there are many', () => {
  const all = [session('a', 'zed'), session('b', 'claude'), session('c', 'zed')];
  expect(names(rowsOf(all, false, new Set()))).toEqual(['a', 'b', 'c']);
  expect(names(rowsOf(all, true, new Set()))).toEqual(['# claude 1', 'b', '# zed 2', 'a', 'c']);
  expect(names(rowsOf(all, true, new Set(['zed'])))).toEqual(['# claude 1', 'b', '# zed 2']);
});

test('a row keeps its key when sessions before it end, and no two have the same', () => {
  const [a, b] = [session('a', 'zed'), session('b', 'claude')];
  const keys = (...sessions: Session[]) => rowsOf(sessions, false, new Set()).map(({ key }) => key);
  expect(keys(a, b)[1]).toBe(keys(b)[0]);
  expect(new Set(keys(a, a, b)).size).toBe(3);
});

test('a search looks at everything that a row shows', () => {
  const all = [
    session('a', 'claude', { project: '/home/me/app' }),
    session('b', 'zed', { client_info: 'Zed 1.2', upstreams: ['github'] }),
  ];
  const ids = (search: string) => found(all, search).map(({ id }) => id);
  expect(ids('')).toEqual(['a', 'b']);
  expect(ids('APP claude')).toEqual(['a']);
  expect(ids('github 1.2')).toEqual(['b']);
  expect(ids('nothing')).toEqual([]);
});

test.each([
  ['2024-11-05', false],
  ['2025-11-25', false],
  ['2026-07-28', true],
  ['2027-01-01', true],
])('%s is modern: %s', (protocol_version, expected) => {
  expect(isModern({ protocol_version })).toBe(expected);
});

test.each([
  ['/a/b', 10, '/a/b'],
  ['/home/someone/work/app', 13, '/hom…work/app'],
])('%s in %d', (text, max, expected) => {
  expect(middle(text, max)).toBe(expected);
});

test.each([
  [{ progress: 1, total: 4 }, 0.25],
  [{ progress: 9, total: 4 }, 1],
  [{ progress: 9 }, null],
  [{ progress: 9, total: 0 }, null],
])('%o is %s of the whole', (progress, expected) => {
  expect(share(progress)).toBe(expected);
});

test('copies come with what they take, own ones first', () => {
  const copy = (pid: number, session: string | null) => ({ pid, session }) as Api['CopyUsage'];
  const usage = {
    upstreams: [
      { name: 'github', copies: [copy(1, null), copy(2, 'a')] },
      { name: 'time', copies: [copy(3, 'other')] },
    ],
  } as unknown as Api['UsageReport'];
  const brief = (subject: Session) =>
    copiesOf(subject, usage).map(({ upstream, kind, pid, usage: taken }) => [
      upstream,
      kind,
      pid,
      taken?.pid,
    ]);
  expect(brief(session('a', 'claude'))).toEqual([['github', 'own', 2, 2]]);
  const running = [
    { upstream: 'github', kind: 'shared', pid: 1 },
    { upstream: 'web', kind: 'shared' },
    { upstream: 'github', kind: 'own', pid: 2 },
  ];
  expect(brief(session('a', 'claude', { running }))).toEqual([
    ['github', 'own', 2, 2],
    ['github', 'shared', 1, 1],
    ['web', 'shared', undefined, undefined],
  ]);
});
