/** The clients on the page: those with a key, and those that came without one through the bridge. */
import type { Api } from '$lib/api/client';
import { FACE } from '../start/steps';

export interface Client {
  name: string;
  /** When its key was made; null when it has none. */
  createdMs: number | null;
  sessions: Api['SessionView'][];
  /** When it was last heard of, as far as that is known. */
  seenMs: number | null;
}

interface Sources {
  clients: readonly Api['ClientView'][];
  sessions: readonly Api['SessionView'][];
  /** When `sessions` was told. */
  sessionsMs: number;
  /** Newest first. */
  calls: readonly Pick<Api['CallView'], 'client' | 'at_ms'>[];
}

/** Connected ones first, then by name. */
export function clientsOf({ clients, sessions, sessionsMs, calls }: Sources): Client[] {
  const found = new Map<string, Client>();
  for (const { name, created_ms } of clients)
    found.set(name, { name, createdMs: created_ms, sessions: [], seenMs: null });
  for (const session of sessions) {
    // What faces do is not a client's.
    if (session.client === FACE && !found.has(FACE)) continue;
    const { client: name } = session;
    const client = found.get(name) ?? { name, createdMs: null, sessions: [], seenMs: null };
    found.set(name, client);
    client.sessions.push(session);
    client.seenMs = Math.max(client.seenMs ?? 0, sessionsMs - session.idle_ms);
  }
  for (const { client: name, at_ms } of calls) {
    const client = found.get(name);
    if (client) client.seenMs = Math.max(client.seenMs ?? 0, at_ms);
  }
  const isConnected = (client: Client) => client.sessions.length > 0;
  return [...found.values()].sort(
    (a, b) => Number(isConnected(b)) - Number(isConnected(a)) || a.name.localeCompare(b.name),
  );
}
