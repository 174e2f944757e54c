import { afterEach, expect, it, vi } from 'vitest';
import type { Api } from '$lib/api/client';
import { backend } from '$lib/backend';
import { besideThoseUnderWay, Draft, type Stage } from './draft.svelte';

function draft(name: string, stage: Stage = 'read'): Draft {
  const transport = { type: 'demo' } as const;
  const definition = { name, transport };
  const proposal: Api['Proposal'] = {
    ...{ name, transport, definition },
    ...{ command_line: '', notes: [], secrets: [] },
  };
  const made = new Draft(proposal);
  made.stage = stage;
  return made;
}

it('what is being added stays when something else is read', () => {
  const adding = draft('a', 'adding');
  const shown = besideThoseUnderWay([adding, draft('b', 'checked')], [draft('a'), draft('c')]);
  expect(shown[0]).toBe(adding);
  expect(shown.map(({ proposal }) => proposal.name)).toEqual(['a', 'c']);
});

afterEach(() => vi.restoreAllMocks());

/** The gateway answers with these lines. */
function answers(...lines: object[]) {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  vi.spyOn(backend, 'fetch').mockResolvedValue(new Response(text));
}

it('a check that is refused leaves nothing of the one before', async () => {
  const tried = draft('a');
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
