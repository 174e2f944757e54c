/** What the gateway reads of a text, as small as can be, for tests. */
import type { Api } from '$lib/api/client';

/** A server that runs `command` and asks for these secrets. */
export function proposal(wanted: string, command = 'npx', secrets: string[] = []): Api['Proposal'] {
  const transport = { type: 'stdio', command } as const;
  return {
    ...{ wanted, transport, name: wanted, definition: { name: wanted, transport } },
    ...{ isolation: 'shared', isolations: ['shared', 'project', 'session'] },
    ...{ command_line: command, notes: [], secrets: secrets.map((name) => ({ name, given: false })) },
  };
}
