/** Names of clients: which program one is for, and which is free. */
import type { Api } from '$lib/api/client';
import { m } from '$paraglide/messages';

export type Known = Api['KnownClient'];

/** As the gateway checks them. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isName(name: string): boolean {
  return NAME.test(name);
}

/** `claude-code`, or `claude-code-2` when that is taken. */
export function freeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  let at = 2;
  while (taken.includes(`${wanted}-${at}`)) at += 1;
  return `${wanted}-${at}`;
}

/** The program that a client is named after: `claude-code-2` is Claude Code. */
export function knownOf(name: string, known: readonly Known[]): Known | undefined {
  const stem = name.replace(/-\d+$/, '');
  return known.find(({ id }) => id === name) ?? known.find(({ id }) => id === stem);
}

/** The one for all others, which the gateway tells last. */
export const OTHER = 'generic';

/** What a program is called; the gateway's word for all others is translated. */
export function titleOf({ id, title }: Pick<Known, 'id' | 'title'>): string {
  return id === OTHER ? m.clients_another() : title;
}

/** The name that is proposed for the key of a program; it may be one that is not known. */
export function proposedName(id: string | undefined, taken: readonly string[]): string {
  return freeName(id === undefined || id === OTHER ? 'client' : id, taken);
}
