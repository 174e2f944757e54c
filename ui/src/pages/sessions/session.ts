/** What a session is to this page, and how it is put into words. */
import type { Api } from '$lib/api/client';

export type Session = Api['SessionView'];
type ServingCopy = Api['ServingCopy'];
type Progress = Api['CallProgress'];

/** The first revision in which requests stand alone. */
const MODERN = '2026-07-28';

export function isModern({ protocol_version }: Pick<Session, 'protocol_version'>): boolean {
  return protocol_version >= MODERN;
}

/** `/home/…/work/app`: the beginning and the end of a path tell most. */
export function middle(text: string, max: number): string {
  if (text.length <= max) return text;
  const head = Math.floor((max - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (max - 1 - head))}`;
}

/** A part of a whole between 0 and 1; null when the whole is not known. */
export function share({ progress, total }: Progress): number | null {
  if (total == null || total <= 0) return null;
  return Math.min(1, Math.max(0, progress / total));
}

/** A copy with what it takes, as far as the processes were looked at. */
export interface Copy extends ServingCopy {
  usage: Api['CopyUsage'] | null;
}

/** The running copies that serve a session, its own first. */
export function copiesOf(session: Session, usage: Api['UsageReport'] | null): Copy[] {
  const all = (usage?.upstreams ?? []).flatMap(({ name, copies }) =>
    copies.map((copy) => ({ upstream: name, copy })),
  );
  const told = (session.running ?? []).map((serving) => ({
    ...serving,
    usage:
      all.find(({ upstream, copy }) => upstream === serving.upstream && copy.pid === serving.pid)?.copy ??
      null,
  }));
  const pids = new Set(told.map((copy) => copy.pid));
  const own = all
    .filter(({ copy }) => copy.session === session.id && !pids.has(copy.pid))
    .map(({ upstream, copy }) => ({ upstream, kind: 'own', pid: copy.pid, usage: copy }));
  const rank = (copy: Copy) => ['own', 'project', 'shared'].indexOf(copy.kind);
  return [...told, ...own].sort((a, b) => rank(a) - rank(b));
}
