import { afterEach, expect, it, vi } from 'vitest';
import { backend } from '$lib/backend';
import { Draft } from './draft.svelte';
import { proposal } from './fixtures';

afterEach(() => vi.restoreAllMocks());

/** The gateway answers with these lines. */
function answers(...lines: object[]) {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  vi.spyOn(backend, 'fetch').mockResolvedValue(new Response(text));
}

it('a check that is refused leaves nothing of the one before', async () => {
  const tried = new Draft(proposal('a'));
  const report = { ok: true, clashes: [], stderr: [], steps: [], noise_lines: 0, command_line: 'a' };
  answers({ report });
  await tried.check();
  expect(tried.report).toEqual(report);
  answers({ progress: '\u001b[32mnearly\u001b[0m' }, { problem: { code: 'busy', detail: 'not now' } });
  await tried.check();
  expect(tried.report).toBeNull();
  expect(tried.problem?.message).toBe('Not now.');
  expect(tried.said).toBe('nearly');
});

it('what the text says of it is chosen at first', () => {
  const read = proposal('a');
  const definition = { ...read.definition, keep_warm: true, enabled: false, prefix: 'p' };
  const draft = new Draft({ ...read, definition, isolation: 'session' });
  expect(draft).toMatchObject({ isKeptWarm: true, isEnabled: false, prefix: 'p', isolation: 'session' });
});

it('tells which program runs, and keeps what it said before it failed', async () => {
  const tried = new Draft(proposal('a'));
  const program = { origin_sentence: 'npx from /usr/bin' };
  const problem = { code: 'upstream', detail: 'it ended' };
  answers({ program }, { progress: 'one' }, { progress: 'two' }, { problem });
  await tried.add();
  expect(tried.program).toEqual(program);
  expect(tried.heard).toEqual(['one', 'two']);
});

it('runs nothing while a value moves to the secrets, and stays as it was when that is refused', async () => {
  const draft = new Draft(proposal('db'));
  const headers = { 'content-type': 'application/json' };
  const moved = {
    ...proposal('db'),
    command_line: 'KEY=${KEY} npx',
    secrets: [{ name: 'KEY', given: true }],
  };
  const read = JSON.stringify({ proposals: [moved], problems: [] });
  const sent = vi.spyOn(backend, 'fetch').mockResolvedValue(new Response(read, { headers }));
  const changing = draft.change([{ name: 'KEY', isSecret: true, value: 'x' }]);
  expect(draft.canRun).toBe(false);
  await changing;
  expect(draft.canRun).toBe(true);
  expect(draft.proposal.command_line).toBe('KEY=${KEY} npx');
  const body = JSON.stringify({ code: 'invalid', detail: 'no name' });
  sent.mockResolvedValue(new Response(body, { status: 400, headers }));
  await expect(draft.change([{ name: 'A B', isSecret: true, value: 'x' }])).rejects.toThrow('No name.');
  expect(draft.proposal.command_line).toBe('KEY=${KEY} npx');

  sent.mockResolvedValue(new Response(read, { headers }));
  const next = new Draft(proposal('db', 'other'));
  next.inherit(draft);
  await vi.waitFor(() => expect(next.canRun).toBe(true));
  const last = sent.mock.lastCall?.[0] as Request;
  expect(await last.json()).toMatchObject({ definition: { secrets: { KEY: 'x' } } });
});
