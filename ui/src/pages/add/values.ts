/** Variables and headers of what is about to be added: which are secret is for a person to say. */
import { api, ask, type Api } from '$lib/api/client';
import { valuesOf } from '$lib/upstreams';

/** What a person does to a value. */
export interface ValueChange {
  name: string;
  isSecret: boolean;
  /** The one that is there when absent; null takes it away. */
  value?: string | null;
}

/** The definition after these changes, with a name in the place of each secret. */
export function withChanges(
  { definition, transport }: Api['Proposal'],
  changes: readonly ValueChange[],
): Api['NewUpstream'] {
  const values = new Map(Object.entries(valuesOf(transport)));
  const secrets = new Map(Object.entries(definition.secrets ?? {}));
  for (const { name, isSecret, value } of changes) {
    const there = values.get(name);
    const text = value === undefined ? (secrets.get(name) ?? there) : value;
    // One that is asked for and has no value stays asked for.
    if (text !== null && typeof text !== 'string') continue;
    values.delete(name);
    secrets.delete(name);
    if (text !== null && isSecret) secrets.set(name, text);
    else if (text !== null) values.set(name, text);
  }
  const given = Object.fromEntries(values);
  return {
    ...definition,
    transport:
      transport.type === 'stdio'
        ? { ...transport, env: given }
        : transport.type === 'http'
          ? { ...transport, headers: given }
          : transport,
    secrets: Object.fromEntries(secrets),
  };
}

/** The same server with these changes, as the gateway shows it. */
export async function changed(
  proposal: Api['Proposal'],
  changes: readonly ValueChange[],
): Promise<Api['Proposal']> {
  const definition = withChanges(proposal, changes);
  const { proposals } = await ask(api.POST('/api/upstreams/read', { body: { definition } }));
  const [read] = proposals;
  if (read === undefined) return proposal;
  return { ...read, wanted: proposal.wanted, notes: [...proposal.notes, ...read.notes] };
}

/** True when a sentence of the gateway says that a server wants a key that it was not given. */
export function wantsKey(sentence: string | null | undefined): boolean {
  return /\bHTTP (401|403)\b|\bneeds (its secret|secrets)\b/.test(sentence ?? '');
}
