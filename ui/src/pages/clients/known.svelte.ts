/** What is asked for by the page and its parts: programs of this machine, and who called lately. */
import { api, ask, type Api } from '$lib/api/client';
import { Query } from '$lib/state/query.svelte';
import type { Known } from './names';

/** Who is not among these was not heard of lately. */
const LOOK_BACK = '1000';

/** Every program that Headgate knows, and which of them are on this machine. */
export const known = new Query<Known[]>(async (signal) => {
  const { clients } = await ask(api.GET('/api/clients/known', { signal }));
  return clients;
});

export const recent = new Query<Api['CallView'][]>(async (signal) => {
  const { calls } = await ask(api.GET('/api/activity', { params: { query: { limit: LOOK_BACK } }, signal }));
  return calls;
});
