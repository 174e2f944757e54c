/** Lists of calls, newest first: a call has its place by its number, however often it is told. */
import type { Api } from '$lib/api/client';

type Call = Api['CallView'];

/** Calls that are recorded nowhere have numbers from here on, and nothing more is known of them. */
const UNRECORDED = 2 ** 52;

export function isRecorded({ id }: Pick<Call, 'id'>): boolean {
  return id < UNRECORDED;
}

/** Where the call is told in full; nothing for one that is not recorded. */
export function callHref(call: Pick<Call, 'id'>, query = ''): string | undefined {
  return isRecorded(call) ? `/activity/${call.id}${query}` : undefined;
}

/** The tool that was called, as it is offered now. A call that reached no upstream knows but the name. */
export function toolOf<T extends Pick<Api['ToolItem'], 'name' | 'own_name' | 'upstream'>>(
  { target, upstream }: Pick<Call, 'target' | 'upstream'>,
  items: readonly T[],
): T | undefined {
  if (upstream == null) return items.find(({ name }) => name === target);
  const of = items.filter((item) => item.upstream === upstream);
  // A client that sees one upstream alone calls tools by their own names.
  return of.find(({ name }) => name === target) ?? of.find(({ own_name }) => own_name === target);
}

/** Newest first. Numbers tell the order of recorded calls; against others only the time does. */
function byAge(a: Call, b: Call): number {
  const ended = (call: Call) => call.at_ms + call.duration_us / 1000;
  return (isRecorded(a) === isRecorded(b) ? 0 : ended(b) - ended(a)) || b.id - a.id;
}

/** True when `call` stands above `other`. */
export function isNewer(call: Call, other: Call | undefined): boolean {
  return other === undefined || byAge(call, other) < 0;
}

/** Both lists as one, newest first, without doubles, and at most the newest `max`. */
export function merged(calls: readonly Call[], more: readonly Call[], max: number): Call[] {
  const known = new Set(calls.map((call) => call.id));
  const fresh = more.filter((call) => !known.has(call.id)).sort(byAge);
  const [newest, oldestFresh] = [calls[0], fresh.at(-1)];
  const isInFront = newest === undefined || oldestFresh === undefined || isNewer(oldestFresh, newest);
  const all = [...fresh, ...calls];
  return (isInFront ? all : all.sort(byAge)).slice(0, max);
}

/** True when `fresh` does not follow `lastId` without a gap: some calls between were not told. */
export function hasGap(lastId: number | null, fresh: readonly Call[]): boolean {
  if (lastId === null || fresh.length === 0) return false;
  const ids = new Set(fresh.map((call) => call.id).filter((id) => id > lastId));
  return ids.size > 0 && Math.max(...ids) - lastId !== ids.size;
}
