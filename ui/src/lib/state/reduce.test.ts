import { expect, it } from 'vitest';
import type { Api } from '$lib/api/client';
import { reduce, type State } from './reduce';

function upstream(name: string, more: Partial<Api['UpstreamView']> = {}): Api['UpstreamView'] {
  return { name, state: 'ready', tools: 1, ...more } as Api['UpstreamView'];
}

const first = {
  status: { version: '1', calls: 0 },
  upstreams: [upstream('a'), upstream('b')],
  sessions: [],
  clients: [],
  settings: [],
  catalog: { serial: 1, tools: 2, resources: 0, resource_templates: 0, prompts: 0 },
} as unknown as State;

function names(state: State | null): string[] | undefined {
  return state?.upstreams.map(({ name, state }) => `${name} ${state}`);
}

it('takes the first event whole, and hears nothing before it', () => {
  expect(reduce(null, { sessions: [] })).toBeNull();
  expect(reduce(null, { state: first })).toBe(first);
});

it('replaces an upstream in its place, adds a new one at the end, drops one that is gone', () => {
  const failed = reduce(first, { upstream: upstream('a', { state: 'failed' }) });
  expect(names(failed)).toEqual(['a failed', 'b ready']);
  expect(names(reduce(first, { upstream: upstream('c') }))).toEqual(['a ready', 'b ready', 'c ready']);
  expect(names(reduce(first, { upstream_removed: 'a' }))).toEqual(['b ready']);
});

it('leaves the parts alone that an event does not name', () => {
  const catalog = { ...first.catalog, serial: 2 };
  const next = reduce(first, { catalog });
  expect(next).toEqual({ ...first, catalog });
  expect(next?.upstreams).toBe(first.upstreams);
});

it('tells what upstreams take, and forgets it of those that run no more', () => {
  const usage = { processes: 1, memory_bytes: 5, cpu_percent: 0, uptime_ms: 1 };
  const figures = { gateway: usage, total: usage, saving: { sentence: 's' }, upstreams: { b: usage } };
  const next = reduce({ ...first, upstreams: [upstream('a', { usage }), upstream('b')] }, {
    usage: figures,
  } as unknown as Api['Event']);
  expect(next?.upstreams.map((each) => each.usage?.memory_bytes)).toEqual([undefined, 5]);
  expect(next?.status.saving?.sentence).toBe('s');
});

it('is not disturbed by events of a later gateway', () => {
  expect(reduce(first, { news: 1 } as unknown as Api['Event'])).toBe(first);
});
