/** How a session is ended by a person. */
import { api, ask } from '$lib/api/client';
import { attempt, notices } from '$lib/state/notices.svelte';
import { m } from '$paraglide/messages';

/** Ask first. True when it has ended; else the person was told why not. */
export async function endSession(id: string, name: string): Promise<boolean> {
  const at = { params: { path: { session: id } } };
  const hasEnded = await attempt(() => ask(api.DELETE('/api/sessions/{session}', at)));
  if (hasEnded) notices.done(m.sessions_ended({ name }));
  return hasEnded;
}
