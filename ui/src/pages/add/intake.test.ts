import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { backend } from '$lib/backend';
import { notices } from '$lib/state/notices.svelte';
import { go } from '../../routes';
import { proposal } from './fixtures';
import { intake } from './intake.svelte';

vi.mock('../../routes', () => ({ go: vi.fn() }));

const upstream = { upstream: {} };

/** The gateway answers with this from now on. */
function answers(body: object, status = 200) {
  const headers = { 'content-type': 'application/json' };
  vi.spyOn(backend, 'fetch').mockImplementation(() =>
    Promise.resolve(new Response(JSON.stringify(body), { status, headers })),
  );
}

function reads(...wanted: string[]) {
  answers({ proposals: wanted.map((name) => proposal(name)), problems: [] });
}

async function read(text: string) {
  intake.text = text;
  await intake.readText();
}

const names = () => intake.drafts.map(({ name }) => name);

beforeEach(() => {
  intake.startOver();
  notices.list = [];
  vi.mocked(go).mockClear();
  intake.open();
});
afterEach(() => vi.restoreAllMocks());

it('a text that cannot be read, or a gateway that is away, leaves the cards', async () => {
  reads('a');
  await read('a');
  answers({ proposals: [], problems: ['it is broken'] });
  await read('a {');
  expect(names()).toEqual(['a']);
  expect(intake.problems.text).toEqual(['it is broken']);
  vi.spyOn(backend, 'fetch').mockRejectedValue(new TypeError('away'));
  await read('a b');
  expect(names()).toEqual(['a']);
  await read('');
  expect(names()).toEqual([]);
});

it('an answer about a text that was changed meanwhile is not shown', async () => {
  reads('old');
  intake.text = 'old';
  const reading = intake.readText();
  intake.text = 'new';
  intake.typed();
  await reading;
  expect(names()).toEqual([]);
});

it('goes to the list when the last of several was added', async () => {
  reads('a', 'b');
  await read('a b');
  answers(upstream);
  for (const draft of [...intake.drafts]) await intake.add(draft);
  expect(vi.mocked(go).mock.calls).toEqual([['/upstreams']]);
  intake.close();
  expect(intake.isEmpty).toBe(true);
});

it('what ends while its page is closed is told with a way to it, and stays until all are added', async () => {
  reads('a', 'b');
  await read('a b');
  intake.close();
  const [a, b] = intake.drafts;
  answers({ problem: { code: 'upstream', detail: 'no such program' } });
  if (a) await intake.add(a);
  const refusal = notices.list[0];
  expect(refusal).toMatchObject({ kind: 'problem', text: 'Could not add a: No such program.' });
  refusal?.action?.run();
  expect(go).toHaveBeenCalledWith('/add');
  answers(upstream);
  if (b) await intake.add(b);
  expect(notices.list.at(-1)).toMatchObject({ kind: 'done', action: { label: 'Show b' } });
  expect(names()).toEqual(['a', 'b']);
  if (a) await intake.add(a);
  expect(intake.isEmpty).toBe(true);
});

it('what was pasted elsewhere comes beside what is there', async () => {
  reads('a');
  await read('a');
  reads('b');
  intake.take('b');
  await vi.waitFor(() => expect(names()).toEqual(['a', 'b']));
});

it('starting over can be undone, and breaks no registration off', async () => {
  reads('a', 'b');
  await read('a b');
  const [a] = intake.drafts;
  if (a) a.stage = 'adding';
  intake.startOver();
  expect(names()).toEqual(['a']);
  notices.list[0]?.action?.run();
  expect(names()).toEqual(['a', 'b']);
  expect(intake.text).toBe('a b');
  if (a) a.stage = 'read';
});

it('adds all that need nothing, a few at a time, and leaves the rest', async () => {
  const many = [...'abcde'].map((name) => proposal(name));
  answers({ proposals: [...many, proposal('asks', 'npx', ['KEY'])], problems: [] });
  await read('many');
  let atOnce = 0;
  let most = 0;
  vi.spyOn(backend, 'fetch').mockImplementation(async () => {
    most = Math.max(most, ++atOnce);
    await new Promise((done) => setTimeout(done));
    atOnce--;
    return new Response(JSON.stringify(upstream));
  });
  intake.addAll();
  await vi.waitFor(() => expect(intake.drafts.filter(({ stage }) => stage === 'added')).toHaveLength(5));
  expect(most).toBe(3);
  expect(notices.list).toEqual([]);
  const asks = intake.drafts.find(({ name }) => name === 'asks');
  if (asks) intake.leaveOut(asks);
  expect(go).toHaveBeenCalledWith('/upstreams');
});

it('what was left out stays out when the text is read again', async () => {
  reads('a', 'b');
  await read('a b');
  const [a] = intake.drafts;
  if (a) intake.leaveOut(a);
  await read('a b ');
  expect(names()).toEqual(['b']);
  await read('');
  await read('a b');
  expect(names()).toEqual(['a', 'b']);
});
