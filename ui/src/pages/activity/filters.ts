/** Which calls are looked at. The gateway filters what it recorded; what it tells live is filtered here. */
import type { Api } from '$lib/api/client';

type Call = Api['CallView'];

/** An empty text lets everything through. The names are those of the API and of the URL. */
export interface Filter {
  upstream: string;
  client: string;
  /** By the id that is shown of it. */
  session: string;
  method: string;
  /** One outcome, or some divided by commas. */
  outcome: string;
  /** A part of the tool, prompt or URI. */
  q: string;
}

export const FILTER_KEYS = ['upstream', 'client', 'session', 'method', 'outcome', 'q'] as const;

/** The outcomes of calls that failed; who cancelled one wanted that. */
export const FAILURES = 'tool_error,error,timed_out,lost';

/** The filter that stands in the query of the URL. */
export function filterFrom(parameter: (name: string) => string): Filter {
  const [upstream = '', client = '', session = '', method = '', outcome = '', q = ''] =
    FILTER_KEYS.map(parameter);
  return { upstream, client, session, method, outcome, q };
}

/** The query of a request for calls like this. */
export function queryOf(filter: Filter): Partial<Filter> {
  return Object.fromEntries(FILTER_KEYS.map((key) => [key, filter[key]]).filter(([, value]) => value !== ''));
}

export function isFiltered(filter: Filter): boolean {
  return FILTER_KEYS.some((key) => filter[key] !== '');
}

/** True when the gateway would find `call` by `filter`. */
export function matchesFilter(
  call: Call,
  { upstream, client, session, method, outcome, q }: Filter,
): boolean {
  return (
    (upstream === '' || call.upstream === upstream) &&
    (client === '' || call.client === client) &&
    (session === '' || call.session === session) &&
    (method === '' || call.method === method) &&
    (outcome === '' || outcome.split(',').includes(call.outcome)) &&
    (q === '' || (call.target ?? '').toLowerCase().includes(q.toLowerCase()))
  );
}
