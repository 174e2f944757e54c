import { describe, expect, it } from 'vitest';
import { callsOfLastMinute, HEIGHT, isWorthTelling, picture, shortened, wayOf, wrapped } from './diagram';
import { session, upstream } from './fixtures';

const many = Array.from({ length: 200 }, (_, at) => upstream(`u${at}`, { state: 'asleep' }));

describe('the banks', () => {
  it('hold every name while there is room', () => {
    const { upstreams, clients } = picture([upstream('a'), upstream('b')], [session('claude', ['a'])], 800);
    expect(upstreams.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(clients.map(({ name, count }) => [name, count])).toEqual([['claude', 1]]);
  });

  it('say how many more there are, and keep those that matter', () => {
    const all = many.with(150, upstream('used')).with(30, upstream('broken', { state: 'failed' }));
    const { upstreams } = picture(all, [session('claude', ['used'])], 800);
    const names = upstreams.map(({ name }) => name);
    expect(names).toHaveLength(7);
    expect(names).toContain('used');
    expect(names.indexOf('broken')).toBeLessThan(names.indexOf('used'));
    expect(upstreams.at(-1)).toMatchObject({ name: null, count: 194 });
  });

  it('group the sessions of a client, and leave the window out', () => {
    const sessions = [session('claude', []), session('headgate', []), session('claude', [])];
    expect(picture([], sessions, 800).clients).toMatchObject([{ name: 'claude', count: 2 }]);
  });

  it('stay within the height', () => {
    for (const { y } of picture(many, [], 800).upstreams) {
      expect(y).toBeGreaterThan(8);
      expect(y).toBeLessThan(HEIGHT - 8);
    }
  });
});

describe('the lines', () => {
  const kinds = (state: 'ready' | 'asleep' | 'failed') =>
    picture([upstream('a', { state })], [], 800).lines.map(({ kind }) => kind);

  it('tell how an upstream does that nobody uses', () => {
    expect([kinds('ready'), kinds('asleep'), kinds('failed')]).toEqual([['idle'], ['asleep'], ['cut']]);
  });

  it('go through the gate once for two sessions of one client', () => {
    const sessions = [session('claude', ['a']), session('claude', ['a'])];
    const { lines } = picture([upstream('a')], sessions, 800);
    expect(lines).toMatchObject([{ upstream: 'a', client: 'claude', kind: 'open' }]);
  });

  it('lead to the place of the others for who has none', () => {
    const sessions = many.slice(0, 20).map(({ name }) => session('claude', [name]));
    const { lines } = picture(many, sessions, 800);
    expect(lines.filter(({ upstream }) => upstream === null)).toHaveLength(1);
  });
});

it('lines have keys of their own, also between the two crowds that have no place', () => {
  const sessions = Array.from({ length: 9 }, (_, at) => session(`c${at}`, []));
  const crowd = picture(many, [...sessions, session('', [])], 800).lines;
  expect(new Set(crowd.map(({ key }) => key)).size).toBe(crowd.length);
});

describe('the way of a call', () => {
  const shown = picture([upstream('a')], [session('claude', ['a'])], 800);

  it('is the line of its client and upstream', () => {
    expect(wayOf(shown, 'a', 'claude')).toBe(shown.lines[0]?.path);
  });

  it('begins at the gate for a try from the window, and ends there for who asks the gate alone', () => {
    expect(wayOf(shown, 'a', 'headgate')).toMatch(/^M\d+ 74C/);
    expect(wayOf(shown, null, 'claude')).toMatch(/^M420 /);
    expect(wayOf(shown, null, 'headgate')).toBeNull();
  });
});

it('shortens a name to the letters that fit', () => {
  expect(shortened('github', 6)).toBe('github');
  expect(shortened('github-enterprise', 6)).toBe('githu…');
});

it('breaks a sentence between words', () => {
  expect(wrapped('No client is connected', 40)).toEqual(['No client is connected']);
  expect(wrapped('No client is connected', 12)).toEqual(['No client is', 'connected']);
  expect(wrapped('No client', 1)).toEqual(['No', 'client']);
});

it('counts a call of the last minute once', () => {
  const call = (id: number, at_ms: number) => ({ id, at_ms, duration_us: 1000 });
  expect(
    callsOfLastMinute([call(3, 99_000), call(3, 99_000), call(2, 50_000), call(1, 30_000)], 100_000),
  ).toBe(2);
});

it('tells of a saving only when there is one', () => {
  const none = { sessions: 5, processes: 7, without_processes: 7, memory_bytes: 9, without_memory_bytes: 9 };
  const some = { ...none, without_processes: 31, without_memory_bytes: 40 };
  expect(isWorthTelling({ ...none, sentence: '' })).toBe(false);
  expect(isWorthTelling({ ...some, sentence: '' })).toBe(true);
  expect(isWorthTelling({ ...some, sessions: 1, sentence: '' })).toBe(false);
});
