import { expect, it } from 'vitest';
import type { Api } from '$lib/api/client';
import { clientsOf } from './list';
import { freeName, isName, knownOf, proposedName, type Known } from './names';

function known(id: string): Known {
  return { id, title: id, how: 'http', installed: true };
}

function session(client: string, idle_ms: number): Api['SessionView'] {
  return {
    client,
    idle_ms,
    id: client,
    asleep: false,
    calls: 0,
    children: 0,
    path: '/mcp',
    protocol_version: '2025-11-25',
  };
}

it('a name that is taken gets a number', () => {
  expect(freeName('cursor', [])).toBe('cursor');
  expect(freeName('cursor', ['cursor', 'cursor-2'])).toBe('cursor-3');
  expect(proposedName('generic', ['client'])).toBe('client-2');
});

it('a client is the program it is named after', () => {
  const all = [known('claude-code'), known('cursor')];
  expect(knownOf('claude-code-2', all)?.id).toBe('claude-code');
  expect(knownOf('cursor', all)?.id).toBe('cursor');
  expect(knownOf('mine', all)).toBe(undefined);
});

it('names are checked as the gateway does', () => {
  expect(['a', 'A.b-c_1', `a${'x'.repeat(63)}`].every(isName)).toBe(true);
  expect(['', '-a', 'a b', 'ä', 'x'.repeat(65)].some(isName)).toBe(false);
});

it('connected clients come first, faces are none, and who has no key is there', () => {
  const clients = clientsOf({
    clients: [
      { name: 'a', created_ms: 1, sessions: 0 },
      { name: 'b', created_ms: 2, sessions: 1 },
    ],
    sessions: [session('b', 40), session('b', 10), session('bridge', 5), session('headgate', 1)],
    sessionsMs: 1000,
    calls: [{ client: 'a', at_ms: 300 }],
  });
  expect(clients.map(({ name, createdMs, seenMs }) => [name, createdMs, seenMs])).toEqual([
    ['b', 2, 990],
    ['bridge', null, 995],
    ['a', 1, 300],
  ]);
});
