import { expect, it } from 'vitest';
import { changesOf } from './changes';
import type { State } from './reduce';

const upstream = { name: 'a', enabled: true, state: 'asleep', tools: 1, transport: { command: ['x'] } };
const session = { id: '1', calls: 0 };
const client = { name: 'editor', created_ms: 1, sessions: 0 };
const setting = { key: 'port', value: 4283 };

function state(parts: Partial<Record<keyof State, unknown>> = {}): State {
  const all = { upstreams: [upstream], sessions: [session], clients: [client], settings: [setting] };
  return { ...all, ...parts } as unknown as State;
}

it.each([
  ['the same', {}, []],
  ['a new upstream', { upstreams: [upstream, { ...upstream, name: 'b' }] }, ['upstream/b']],
  ['one that is gone', { upstreams: [] }, []],
  ['one switched off', { upstreams: [{ ...upstream, enabled: false }] }, ['upstream/a']],
  ['another command', { upstreams: [{ ...upstream, transport: { command: ['y'] } }] }, ['upstream/a']],
  ['one that failed', { upstreams: [{ ...upstream, state: 'failed' }] }, ['upstream/a']],
  ['one that woke up', { upstreams: [{ ...upstream, state: 'ready', tools: 2 }] }, []],
  ['a new session', { sessions: [session, { id: '2' }] }, ['session/2']],
  ['a session that calls', { sessions: [{ ...session, calls: 1 }] }, []],
  ['a new key', { clients: [{ ...client, created_ms: 2 }] }, ['client/editor']],
  ['a client that connects', { clients: [{ ...client, sessions: 1 }] }, []],
  ['another value', { settings: [{ ...setting, value: 1 }] }, ['setting/port']],
])('%s', (_, parts, expected) => {
  expect(changesOf(state(), state(parts))).toEqual(expected);
});

it('tells nothing of what is known to be the same, however much there is', () => {
  const before = state();
  expect(changesOf(before, { ...before })).toEqual([]);
});
