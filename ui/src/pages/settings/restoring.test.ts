import { afterEach, expect, it, vi } from 'vitest';
import { Refusal } from '$lib/api/client';
import { documentOf, newRestoring, staying, toDo, type Item } from './restoring.svelte';

/** What was asked of the gateway, to be answered by hand and in any order. */
const asked: ((report: object) => void)[] = [];
vi.mock('$lib/api/client', async (original) => ({
  ...(await original<object>()),
  api: { POST: () => new Promise((answer, refuse) => (asked.push(answer), refused.push(refuse))) },
  ask: (answer: unknown) => answer,
}));
const refused: ((reason: Error) => void)[] = [];
afterEach(() => void [asked.splice(0), refused.splice(0)]);

const settled = () => new Promise((resolve) => setTimeout(resolve));

/** `File.text` is not in jsdom. */
function backup(name: string): File {
  const text = '{"format":"headgate-backup","version":1}';
  return Object.assign(new File([text], name), { text: () => Promise.resolve(text) });
}

it('a file that is no backup says so by its name', () => {
  expect(() => documentOf('{', 'a.json')).toThrow(/a\.json/);
  expect(() => documentOf('{"mcpServers":{}}', 'b.json')).toThrow(/b\.json/);
  expect(() => documentOf('null', 'c.json')).toThrow(/c\.json/);
  expect(documentOf('{"format":"headgate-backup","version":1}', 'd.json').version).toBe(1);
});

it('what is done stands apart from what stays', () => {
  const actions = ['added', 'changed', 'removed', 'unchanged', 'left'] as const;
  const items = actions.map((action): Item => ({ action, kind: 'upstream', name: action }));
  const report = { dry_run: true, items };
  expect(toDo(report).map(({ name }) => name)).toEqual(['added', 'changed', 'removed']);
  expect(staying(report).map(({ name }) => name)).toEqual(['unchanged', 'left']);
});

it('a late plan of one file does not take the place of the next one', async () => {
  const restoring = newRestoring();
  void restoring.open(backup('a.json'));
  await settled();
  void restoring.open(backup('b.json'));
  await settled();
  const [first, second] = asked;
  second?.({ dry_run: true, digest: 'b', items: [] });
  await settled();
  first?.({ dry_run: true, digest: 'a', items: [] });
  await settled();
  expect([restoring.fileName, restoring.plan?.digest, restoring.isBusy]).toEqual(['b.json', 'b', false]);
});

it('while it restores no other file is opened, for new keys are told only once', async () => {
  const restoring = newRestoring();
  void restoring.open(backup('a.json'));
  await settled();
  asked[0]?.({ dry_run: true, digest: 'a', items: [] });
  await settled();
  const order = restoring.restore();
  await restoring.open(backup('b.json'));
  asked[1]?.({ dry_run: false, items: [] });
  await order;
  expect(restoring.done?.dry_run).toBe(false);
});

/** One whose order is given and not answered yet. */
async function ordered() {
  const restoring = newRestoring();
  void restoring.open(backup('a.json'));
  await settled();
  asked[0]?.({ dry_run: true, digest: 'a', items: [] });
  await settled();
  return { restoring, order: restoring.restore() };
}

it('who leaves while it restores finds the keys later, and nothing else', async () => {
  const { restoring, order } = await ordered();
  restoring.leave();
  asked[1]?.({ dry_run: false, items: [{ action: 'added', kind: 'client', name: 'a', key: 'hgk' }] });
  await order;
  restoring.leave();
  expect(restoring.done?.items[0]?.key).toBe('hgk');
  restoring.forget();
  await restoring.open(new File(['no'], 'b.json'));
  restoring.leave();
  expect(restoring.fileName).toBeNull();
});

it('an order that nobody answered may have been carried out', async () => {
  const { restoring, order } = await ordered();
  refused[1]?.(new TypeError('Failed to fetch'));
  await order;
  expect([restoring.isUncertain, restoring.plan?.digest]).toEqual([true, 'a']);
  const again = restoring.restore();
  refused[2]?.(new Refusal('plan-changed', 'the plan is another one'));
  await again;
  expect(restoring.isUncertain).toBe(false);
});
