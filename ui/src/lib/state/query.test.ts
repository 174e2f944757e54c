import { expect, it } from 'vitest';
import { Query } from './query.svelte';

/** A loader whose answers are given by hand, in any order. */
function byHand() {
  const asked: { signal: AbortSignal; give: (text: string) => void; fail: (reason: Error) => void }[] = [];
  const query = new Query(
    (signal) =>
      new Promise<string>((give, fail) => {
        asked.push({ signal, give, fail });
      }),
  );
  return { asked, query };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

it('gives up what was asked before', async () => {
  const { asked, query } = byHand();
  void query.refresh();
  void query.refresh();
  expect(asked[0]?.signal.aborted).toBe(true);
  asked[1]?.give('new');
  asked[0]?.give('old');
  await settled();
  expect(query.data).toBe('new');
  expect(query.isBusy).toBe(false);
});

it('is not starved by events: the one that runs ends, and one more follows', async () => {
  const { asked, query } = byHand();
  for (let event = 0; event < 5; event += 1) void query.refreshSoon();
  expect(asked).toHaveLength(1);
  asked[0]?.give('first');
  await settled();
  expect(query.data).toBe('first');
  expect(asked).toHaveLength(2);
  expect(query.isBusy).toBe(true);
  asked[1]?.give('last');
  await settled();
  expect(query.data).toBe('last');
  expect(asked).toHaveLength(2);
  expect(query.isBusy).toBe(false);
});

it('asks once more after a failure too, and not after it was stopped', async () => {
  const { asked, query } = byHand();
  void query.refreshSoon();
  void query.refreshSoon();
  asked[0]?.fail(new Error('away'));
  await settled();
  expect(query.problem?.message).toBe('Away.');
  void query.refreshSoon();
  query.stop();
  asked[1]?.give('late');
  await settled();
  expect(query.data).toBeNull();
  expect(asked).toHaveLength(2);
});
