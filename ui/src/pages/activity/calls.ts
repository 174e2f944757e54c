/** Lists of calls, newest first: a call has its place by its number, however often it is told. */
import type { Api } from '$lib/api/client';

type Call = Api['CallView'];

/** Both lists as one, newest first, without doubles, and at most the newest `max`. */
export function merged(calls: readonly Call[], more: readonly Call[], max: number): Call[] {
  const known = new Set(calls.map((call) => call.id));
  const fresh = more.filter((call) => !known.has(call.id)).sort((a, b) => b.id - a.id);
  const [newest, oldestFresh] = [calls[0], fresh.at(-1)];
  const isInFront = newest === undefined || oldestFresh === undefined || oldestFresh.id > newest.id;
  const all = [...fresh, ...calls];
  return (isInFront ? all : all.sort((a, b) => b.id - a.id)).slice(0, max);
}

/** True when `fresh` does not follow `lastId` without a gap: some calls between were not told. */
export function hasGap(lastId: number | null, fresh: readonly Call[]): boolean {
  if (lastId === null || fresh.length === 0) return false;
  const ids = new Set(fresh.map((call) => call.id).filter((id) => id > lastId));
  return ids.size > 0 && Math.max(...ids) - lastId !== ids.size;
}
