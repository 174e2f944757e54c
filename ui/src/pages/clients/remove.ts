/** How a client is removed by a person. */
import { api, ask } from '$lib/api/client';
import { attempt, notices } from '$lib/state/notices.svelte';
import { m } from '$paraglide/messages';

/** Ask first, since its key cannot come back. True when it is gone; else the person was told why not. */
export async function removeClient(name: string): Promise<boolean> {
  const at = { params: { path: { client: name } } };
  const isGone = await attempt(() => ask(api.DELETE('/api/clients/{client}', at)));
  if (isGone) notices.done(m.clients_removed({ name }));
  return isGone;
}
