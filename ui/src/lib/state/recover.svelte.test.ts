import { flushSync } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import { gateway } from './gateway.svelte';
import { Query } from './query.svelte';
import { recovers } from './recover.svelte';

const settled = () => new Promise((resolve) => setTimeout(resolve));

function connection(now: typeof gateway.connection) {
  gateway.connection = now;
  flushSync();
}

afterEach(() => connection('connecting'));

it('asks again for what failed when the gateway is back, and leaves alone what is there', async () => {
  let isThere = false;
  let asked = 0;
  const query = new Query(() => {
    asked += 1;
    return isThere ? Promise.resolve('data') : Promise.reject(new Error('away'));
  });
  const end = $effect.root(() => recovers(query));
  flushSync();
  expect(asked).toBe(0);
  connection('live');
  await settled();
  expect(query.problem).not.toBeNull();
  connection('lost');
  isThere = true;
  connection('live');
  await settled();
  expect(query.data).toBe('data');
  expect(query.problem).toBeNull();
  connection('lost');
  connection('live');
  expect(asked).toBe(2);
  end();
});

it('does not wait for an answer that was asked for before the gateway was back', () => {
  const asked: AbortSignal[] = [];
  const query = new Query((signal) => {
    asked.push(signal);
    return new Promise(() => undefined);
  });
  void query.refresh();
  const end = $effect.root(() => recovers(query));
  flushSync();
  connection('live');
  expect(asked.map(({ aborted }) => aborted)).toEqual([true, false]);
  end();
});
