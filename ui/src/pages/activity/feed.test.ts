import { expect, test } from 'vitest';
import type { Api } from '$lib/api/client';
import { CallFeed } from './feed.svelte';
import { filterFrom, type Filter } from './filters';

const FILTER: Filter = filterFrom(() => '');
const calls = (...ids: number[]) => ids.map((id) => ({ id }) as Api['CallView']);
const page = (...ids: number[]): Api['ActivityPage'] => ({
  calls: calls(...ids),
  dropped: 0,
  recording: true,
});
const ids = (feed: CallFeed) => feed.calls.map(({ id }) => id);

/** A record that answers when it is told to. */
function record() {
  const asked: ((page: Api['ActivityPage']) => void)[] = [];
  const load = () => new Promise<Api['ActivityPage']>((resolve) => asked.push(resolve));
  return { feed: new CallFeed(FILTER, load), asked };
}

test('what ended while the record was asked is on top of its answer', async () => {
  const { feed, asked } = record();
  const look = feed.look(FILTER);
  feed.hear(calls(3, 4));
  asked[0]?.(page(3, 2, 1));
  await look;
  expect(ids(feed)).toEqual([4, 3, 2, 1]);
});

test('another look forgets what was heard for the one before', async () => {
  const { feed, asked } = record();
  void feed.look(FILTER);
  feed.hear([{ id: 9, upstream: 'other' } as Api['CallView']]);
  const look = feed.look({ ...FILTER, upstream: 'ours' });
  asked[1]?.(page(2, 1));
  await look;
  expect(ids(feed)).toEqual([2, 1]);
});

test('what waited while older calls were read is shown at the top, without a hole', async () => {
  const { feed, asked } = record();
  const look = feed.look(FILTER);
  asked[0]?.(page(2, 1));
  await look;
  feed.isScrolled = true;
  feed.hear(calls(3));
  expect([ids(feed), feed.waitingCount]).toEqual([[2, 1], 1]);
  feed.isScrolled = false;
  feed.hear(calls(4));
  expect([ids(feed), feed.waitingCount, feed.waiting]).toEqual([[4, 3, 2, 1], 0, []]);
});

test('what waits stays while the list is paused, wherever it is scrolled', async () => {
  const { feed, asked } = record();
  const look = feed.look(FILTER);
  asked[0]?.(page(1));
  await look;
  feed.isPaused = true;
  feed.hear(calls(2));
  feed.isScrolled = true;
  feed.isScrolled = false;
  expect([ids(feed), feed.waitingCount]).toEqual([[1], 1]);
  await feed.show();
  expect([ids(feed), feed.waitingCount]).toEqual([[2, 1], 0]);
});

test('a gateway that is back takes no rows away from who reads older calls', async () => {
  let isAway = false;
  const asked: (number | null)[] = [];
  const feed = new CallFeed(FILTER, (_filter, _limit, before) => {
    asked.push(before);
    if (isAway) return Promise.reject(new Error('away'));
    const found = before === null ? page(9, 8, 7) : page(before - 1);
    return Promise.resolve({ ...found, next_before: found.calls.at(-1)?.id });
  });
  await feed.look(FILTER);
  await feed.older();
  feed.isScrolled = true;
  isAway = true;
  await feed.older();
  expect(feed.problem).not.toBeNull();
  isAway = false;
  await feed.recover();
  expect([ids(feed), feed.problem]).toEqual([[9, 8, 7, 6, 5], null]);

  isAway = true;
  await feed.look({ ...FILTER, upstream: 'other' });
  isAway = false;
  await feed.recover();
  expect([ids(feed), feed.problem]).toEqual([[9, 8, 7], null]);
});
