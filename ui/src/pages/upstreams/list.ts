/** Which upstreams the list shows, and what can be done with each: plain functions of their state. */
import type { Api } from '$lib/api/client';
import { matches } from '$lib/search';
import { isTrouble, markOf } from '$lib/ui/state-mark';

export type Upstream = Api['UpstreamView'];
/** `trouble` may be running too: what a person should look at counts there alone. */
export type Group = 'running' | 'asleep' | 'off' | 'trouble';

export const GROUPS: readonly Group[] = ['running', 'asleep', 'off', 'trouble'];

export function isGroup(text: string): text is Group {
  return (GROUPS as readonly string[]).includes(text);
}

export function groupOf(upstream: Pick<Upstream, 'state' | 'enabled' | 'held_back'>): Group {
  if (isTrouble(upstream)) return 'trouble';
  if (!upstream.enabled || upstream.state === 'stopped') return 'off';
  return upstream.state === 'ready' || upstream.state === 'starting' ? 'running' : 'asleep';
}

export function countGroups(upstreams: readonly Upstream[]): Record<Group, number> {
  const counts = { running: 0, asleep: 0, off: 0, trouble: 0 };
  for (const upstream of upstreams) counts[groupOf(upstream)] += 1;
  return counts;
}

/** The command line or the URL, as one text. */
export function commandOf({ transport }: Pick<Upstream, 'transport'>): string {
  switch (transport.type) {
    case 'stdio':
      return [transport.command, ...(transport.args ?? [])].join(' ');
    case 'http':
      return transport.url;
    case 'demo':
      return 'demo';
  }
}

/** What the URL keeps of the list while its details change. */
export const KEPT = ['q', 'state', 'order'] as const;

/** Those that fit, in the order of registration. */
export function chosen(upstreams: readonly Upstream[], search: string, group: Group | null): Upstream[] {
  return upstreams.filter(
    (upstream) =>
      (group === null || groupOf(upstream) === group) &&
      matches(
        search,
        upstream.name,
        upstream.server,
        commandOf(upstream),
        markOf(upstream).word,
        upstream.reason,
      ),
  );
}

export type Order = 'name' | 'trouble' | 'used' | 'memory';

export function isOrder(text: string): text is Order {
  return ['name', 'trouble', 'used', 'memory'].includes(text);
}

/** `node-9` before `node-10`. */
const byName = new Intl.Collator('en', { numeric: true });

/** Without an order as they stand; so are those that are alike in it. */
export function ordered(upstreams: readonly Upstream[], order: Order | null): readonly Upstream[] {
  switch (order) {
    case null:
      return upstreams;
    case 'name':
      return upstreams.toSorted((one, other) => byName.compare(one.name, other.name));
    case 'trouble':
      return upstreams.toSorted((one, other) => Number(isTrouble(other)) - Number(isTrouble(one)));
    case 'used':
      return upstreams.toSorted((one, other) => (other.last_used_ms ?? 0) - (one.last_used_ms ?? 0));
    case 'memory':
      return upstreams.toSorted((one, other) => memoryOf(other) - memoryOf(one));
  }
}

function memoryOf({ usage }: Upstream): number {
  return usage?.memory_bytes ?? 0;
}

export type Action = 'start' | 'stop' | 'retry' | 'restart' | 'enable' | 'disable';

/** What a person most likely wants, which gets the button; the menu has the others. */
export function actionsOf({ enabled, state }: Pick<Upstream, 'enabled' | 'state'>): [Action, ...Action[]] {
  if (!enabled) return ['enable'];
  switch (state) {
    case 'ready':
      return ['stop', 'restart', 'disable'];
    case 'starting':
      return ['stop', 'disable'];
    case 'failed':
    case 'backing_off':
      return ['retry', 'stop', 'disable'];
    case 'stopped':
      return ['start', 'disable'];
    default:
      return ['start', 'stop', 'disable'];
  }
}

/** How many open sessions have used each upstream. */
export function sessionsByUpstream(sessions: readonly Api['SessionView'][]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of sessions.flatMap((session) => session.upstreams ?? []))
    counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
