/** What became different from one state to the next that somebody who looks at a list should see: plain functions. */
import type { State } from './reduce';

/** A row of a list, by what it shows and its name there. */
export type Thing = `${'upstream' | 'client' | 'session' | 'setting'}/${string}`;

/**
 * New rows, and those whose meaning changed. Sleep and start, use and figures come and go by themselves and are
 * no changes.
 */
export function changesOf(before: State, now: State): Thing[] {
  return [
    ...differing(before.upstreams, now.upstreams, (upstream) => `upstream/${upstream.name}`, meaningOf),
    ...differing(
      before.sessions,
      now.sessions,
      (session) => `session/${session.id}`,
      () => true,
    ),
    ...differing(
      before.clients,
      now.clients,
      (client) => `client/${client.name}`,
      (client) => client.created_ms,
    ),
    ...differing(
      before.settings,
      now.settings,
      (setting) => `setting/${setting.key}`,
      (setting) => setting.value,
    ),
  ];
}

function meaningOf(upstream: State['upstreams'][number]): unknown {
  const { enabled, transport, isolation, prefix, held_back, state } = upstream;
  return [enabled, transport, isolation, prefix, held_back, state === 'failed'];
}

/** Most events leave most lists as they were, the very same objects. */
function differing<T>(
  before: T[],
  now: T[],
  thingOf: (item: T) => Thing,
  meaning: (item: T) => unknown,
): Thing[] {
  if (before === now) return [];
  const old = new Map(before.map((item) => [thingOf(item), item]));
  const isOther = (item: T) => {
    const known = old.get(thingOf(item));
    if (known === item) return false;
    return known === undefined || JSON.stringify(meaning(known)) !== JSON.stringify(meaning(item));
  };
  return now.filter(isOther).map(thingOf);
}
