/** Typed requests to the gateway. What it refuses is thrown as a {@link Refusal}. */
import createClient from 'openapi-fetch';
import { backend } from '$lib/backend';
import { m } from '$paraglide/messages';
import type { components, paths } from './schema';
import { lines } from './lines';

/** A type of the gateway's API, as in `Api['UpstreamView']`. */
export type Api = components['schemas'];

/** The gateway refused, or could not be reached (`unreachable`). Its message is a sentence for people. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    sentence: string,
    readonly problem: Api['Problem'] | null = null,
  ) {
    super(asSentence(sentence));
    this.name = 'Refusal';
  }

  /** All that the gateway said, for a report of the fault; null when it said nothing. */
  get detail(): string | null {
    return this.problem && JSON.stringify(this.problem, null, 2);
  }

  static from(reason: unknown): Refusal {
    if (reason instanceof Refusal) return reason;
    // What browsers say of a request that did not get through differs, and helps nobody.
    if (reason instanceof TypeError) return new Refusal('unreachable', m.app_unreachable());
    return new Refusal('unreachable', reason instanceof Error ? reason.message : String(reason));
  }
}

/** The gateway's messages are fragments, for programs to put together; people read them alone. */
function asSentence(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.…?]$/.test(sentence) || sentence.includes('\n') ? sentence : `${sentence}.`;
}

/** The gateway's API; wrap what it gives in {@link ask}. */
export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: (request) => (request.method === 'GET' ? backend.fetch(request) : change(request)),
});

/** The event about a change of ours comes before its answer or at most this long after it. */
const ECHO_MS = 1000;
const changing = { open: 0, endedMs: -Infinity };

async function change(request: Request): Promise<Response> {
  changing.open += 1;
  try {
    return await backend.fetch(request);
  } finally {
    changing.open -= 1;
    changing.endedMs = Date.now();
  }
}

/** True while an event may tell of what this page changed itself. */
export function isEcho(): boolean {
  return changing.open > 0 || Date.now() - changing.endedMs < ECHO_MS;
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a success; everything else is thrown. */
export async function ask<T>(answer: Promise<Answer<T>>): Promise<T> {
  let given: Answer<T>;
  try {
    given = await answer;
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === 'AbortError') throw reason;
    throw Refusal.from(reason);
  }
  if (given.response.ok) return given.data as T;
  throw refusal(given.error, given.response.status);
}

function refusal(body: unknown, status: number): Refusal {
  if (typeof body === 'object' && body !== null && 'detail' in body && 'code' in body) {
    const problem = body as Api['Problem'];
    return new Refusal(problem.code, problem.detail, problem);
  }
  return new Refusal('internal', m.app_status({ status }));
}

/** Posts and reads lines of JSON as they come. Leaving the loop, or `signal`, cancels. */
export async function* stream<T>(path: string, body: unknown, signal?: AbortSignal): AsyncGenerator<T> {
  for await (const line of streamText(path, JSON.stringify(body), signal)) yield JSON.parse(line) as T;
}

/** The same for a body that is JSON already and goes out as it is written; the lines come as text. */
export async function* streamText(path: string, body: string, signal?: AbortSignal): AsyncGenerator<string> {
  const request = new Request(new URL(path, location.origin), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body,
    signal,
  });
  let response: Response;
  try {
    response = await backend.fetch(request);
  } catch (reason) {
    throw signal?.aborted ? reason : Refusal.from(reason);
  }
  if (!response.ok) throw refusal(await response.json().catch(() => null), response.status);
  if (response.body === null) return;
  for await (const line of lines(response.body)) {
    if (line !== '') yield line;
  }
}

/** Every event of the gateway, the whole state first. Ends when the gateway does. `onheard` is told of signs of life too. */
export async function* events(
  query: string,
  signal: AbortSignal,
  onheard: () => void,
): AsyncGenerator<Api['Event']> {
  const url = new URL(`/api/events${query}`, location.origin);
  const response = await backend.fetch(
    new Request(url, { signal, headers: { accept: 'text/event-stream' } }),
  );
  if (!response.ok) throw refusal(await response.json().catch(() => null), response.status);
  if (response.body === null) return;
  for await (const line of lines(response.body)) {
    onheard();
    if (line.startsWith('data:')) yield JSON.parse(line.slice(5)) as Api['Event'];
  }
}

/** Posts text that is JSON already, so that every digit in it arrives as it was typed; no answer is read. */
export async function postText(path: string, body: string): Promise<void> {
  const url = new URL(path, location.origin);
  const headers = { 'content-type': 'application/json' };
  let response: Response;
  try {
    response = await backend.fetch(new Request(url, { method: 'POST', headers, body }));
  } catch (reason) {
    throw Refusal.from(reason);
  }
  if (!response.ok) throw refusal(await response.json().catch(() => null), response.status);
}
