import { expect, it } from 'vitest';
import { Echoes, thingsOf } from './echoes';

it.each([
  ['/api/upstreams/my%20one/start', '', ['upstream/my one']],
  ['/api/upstreams', '{"name":"demo"}', ['upstream/demo']],
  ['/api/upstreams/demo', '{"enabled":false}', ['upstream/demo']],
  ['/api/clients', '{"name":"claude"}', ['client/claude']],
  ['/api/clients/claude/key', '', ['client/claude']],
  ['/api/settings', '{"port":4283,"recording":true}', ['setting/port', 'setting/recording']],
  ['/api/calls', '{"name":"echo"}', []],
  ['/api/shutdown', 'no JSON', []],
])('%s %s is about %s', (path, body, expected) => {
  expect(thingsOf(path, body)).toEqual(expected);
});

it('a change of ours is an echo until shortly after its answer, and those of others are not', () => {
  const echoes = new Echoes();
  const ended = echoes.began(['upstream/slow']);
  expect(echoes.has('upstream/slow', 600_000)).toBe(true);
  expect(echoes.has('upstream/other', 600_000)).toBe(false);
  ended(600_000);
  expect(echoes.has('upstream/slow', 600_900)).toBe(true);
  expect(echoes.has('upstream/slow', 601_000)).toBe(false);
});

it('the answer to one request does not end the echoes of another about the same thing', () => {
  const echoes = new Echoes();
  const slow = echoes.began(['upstream/a']);
  echoes.began(['upstream/a'])(0);
  expect(echoes.has('upstream/a', 60_000)).toBe(true);
  slow(60_000);
  expect(echoes.has('upstream/a', 61_000)).toBe(false);
});
