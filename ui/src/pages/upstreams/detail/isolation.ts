/** Who shares one running copy, in words. */
import type { Api } from '$lib/api/client';
import { m } from '$paraglide/messages';

export const ISOLATIONS = ['shared', 'project', 'session'] as const satisfies Api['Isolation'][];

export function isolationLabel(isolation: Api['Isolation']): string {
  return {
    shared: m.upstream_isolation_shared(),
    project: m.upstream_isolation_project(),
    session: m.upstream_isolation_session(),
  }[isolation];
}

export function isolationMeaning(isolation: Api['Isolation']): string {
  return {
    shared: m.upstream_isolation_shared_meaning(),
    project: m.upstream_isolation_project_meaning(),
    session: m.upstream_isolation_session_meaning(),
  }[isolation];
}
