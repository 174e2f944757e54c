/** The rows of the list: sessions as they are, or under their clients when there are many. */
import { matches } from '$lib/search';
import type { Session } from './session';

export type Row =
  | { kind: 'client'; key: string; client: string; count: number; calls: number; isFolded: boolean }
  | { kind: 'session'; key: string; session: Session };

/** So many fit one look; more are easier to find by their clients. */
export const MANY = 12;

export function found(sessions: readonly Session[], search: string): Session[] {
  return sessions.filter((session) =>
    matches(
      search,
      session.client,
      session.client_info,
      session.project,
      session.id,
      session.protocol_version,
      ...(session.upstreams ?? []),
    ),
  );
}

/** Rows of `sessions`, under headings when `isGrouped`. Sessions in `folded` clients are left out. */
export function rowsOf(sessions: readonly Session[], isGrouped: boolean, folded: ReadonlySet<string>): Row[] {
  const times = new Map<string, number>();
  // The place is no part of a key: a row keeps its focus when sessions before it end.
  const rowOf = (session: Session): Row => {
    const time = (times.get(session.id) ?? 0) + 1;
    times.set(session.id, time);
    return { kind: 'session', key: `session ${session.id}${time === 1 ? '' : ` ${time}`}`, session };
  };
  if (!isGrouped) return sessions.map(rowOf);
  const groups = new Map<string, Session[]>();
  for (const session of sessions) {
    const group = groups.get(session.client);
    if (group) group.push(session);
    else groups.set(session.client, [session]);
  }
  return [...groups]
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([client, group]) => {
      const isFolded = folded.has(client);
      const calls = group.reduce((sum, session) => sum + session.calls, 0);
      const head: Row = {
        kind: 'client',
        key: `client ${client}`,
        client,
        count: group.length,
        calls,
        isFolded,
      };
      return isFolded ? [head] : [head, ...group.map(rowOf)];
    });
}
