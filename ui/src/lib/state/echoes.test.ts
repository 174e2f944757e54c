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
