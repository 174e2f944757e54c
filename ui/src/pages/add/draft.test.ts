import { expect, it } from 'vitest';
import type { Api } from '$lib/api/client';
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
