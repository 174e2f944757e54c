import { describe, expect, it } from 'vitest';
import { upstream } from './fixtures';
import { actionsOf, chosen, countGroups, groupOf, ordered, sessionsByUpstream, type Order } from './list';

const clash = { kind: 'tool', name: 'search', own_name: 'search', owner: 'other' };

describe('the groups', () => {
  it.each([
    ['ready', {}, 'running'],
    ['starting', {}, 'running'],
    ['known', {}, 'asleep'],
    ['asleep', {}, 'asleep'],
    ['configured', {}, 'asleep'],
    ['stopped', {}, 'off'],
    ['backing_off', {}, 'trouble'],
    ['failed', {}, 'trouble'],
    ['failed', { enabled: false }, 'off'],
    ['ready', { held_back: [clash] }, 'trouble'],
  ] as const)('%s %o is %s', (state, change, group) => {
    expect(
      groupOf(upstream('a', { state, ...change, held_back: 'held_back' in change ? [clash] : [] })),
    ).toBe(group);
  });

  it('are counted', () => {
    const all = [upstream('a'), upstream('b', { state: 'failed' }), upstream('c', { enabled: false })];
    expect(countGroups(all)).toEqual({ running: 1, asleep: 0, off: 1, trouble: 1 });
  });
});

describe('the list', () => {
  const npx = { type: 'stdio' as const, command: 'npx', args: ['-y', '@acme/search'] };
  const all = [
    upstream('github', { transport: { type: 'http', url: 'https://example.com/mcp' } }),
    upstream('acme', { transport: npx, state: 'failed', reason: 'it ended with code 3' }),
    upstream('demo', { state: 'asleep' }),
  ];
  const names = (search: string, group: Parameters<typeof chosen>[2] = null) =>
    chosen(all, search, group).map(({ name }) => name);

  it('keeps the order of registration', () => {
    expect(names('')).toEqual(['github', 'acme', 'demo']);
  });

  it.each([
    ['npx acme', ['acme']],
    ['example.com', ['github']],
    ['code 3', ['acme']],
    ['ASLEEP', ['demo']],
    ['nothing like it', []],
  ])('finds %s', (search, found) => {
    expect(names(search)).toEqual(found);
  });

  it('shows one group', () => {
    expect(names('', 'trouble')).toEqual(['acme']);
    expect(names('demo', 'trouble')).toEqual([]);
  });
});

it.each<[Order | null, string]>([
  [null, 'node-10 node-9 old'],
  ['name', 'node-9 node-10 old'],
  ['trouble', 'old node-10 node-9'],
  ['used', 'node-9 old node-10'],
  ['memory', 'node-9 node-10 old'],
])('orders by %s, and those that are alike as they were registered', (order, expected) => {
  const usage = { memory_bytes: 9, cpu_percent: 0, processes: 1, uptime_ms: 0 };
  const all = [
    upstream('node-10'),
    upstream('node-9', { last_used_ms: 8, usage }),
    upstream('old', { last_used_ms: 3, state: 'failed' }),
  ];
  expect(
    ordered(all, order)
      .map(({ name }) => name)
      .join(' '),
  ).toBe(expected);
});

it('puts first what a person most likely wants', () => {
  const first = (state: Parameters<typeof actionsOf>[0]['state'], enabled = true) =>
    actionsOf({ state, enabled })[0];
  expect(first('ready')).toBe('stop');
  expect(first('starting')).toBe('stop');
  expect(first('asleep')).toBe('start');
  expect(first('failed')).toBe('retry');
  expect(first('backing_off')).toBe('retry');
  expect(first('ready', false)).toBe('enable');
});

it('counts the sessions of each upstream', () => {
  const base = {
    asleep: false,
    calls: 0,
    children: 0,
    client: 'c',
    idle_ms: 0,
    path: '/mcp',
    protocol_version: '',
  };
  const counts = sessionsByUpstream([
    { ...base, id: '1', upstreams: ['a', 'b'] },
    { ...base, id: '2', upstreams: ['a'] },
    { ...base, id: '3' },
  ]);
  expect([...counts]).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
});
