/** Typed requests to the gateway. What it refuses is thrown as a {@link Refusal}. */
import createClient from 'openapi-fetch';
import { backend } from '$lib/backend';
import { echoes, thingsOf } from '$lib/state/echoes';
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

  /** All that the gateway said of it, for those who look into it; null when it said nothing. */
  get detail(): string | null {
    return this.problem === null ? null : JSON.stringify(this.problem, null, 2);
  }

  static from(reason: unknown): Refusal {
    if (reason instanceof Refusal) return reason;
    // What browsers say of a request that did not get through differs, and helps nobody.
    if (reason instanceof TypeError) return new Refusal('unreachable', m.app_unreachable());
    return new Refusal('unreachable', reason instanceof Error ? reason.message : String(reason));
  }
}

/** The gateway's messages are fragments, for programs to put together; people read them alone. */
export function asSentence(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.…?]$/.test(sentence) || sentence.includes('\n') ? sentence : `${sentence}.`;
}

/** The gateway's API; wrap what it gives in {@link ask}. */
export const api = createClient<paths>({
  baseUrl: globalThis.location.origin,
  fetch: (request) => (request.method === 'GET' ? backend.fetch(request) : change(request)),
});

/** Events about what this changes are no news here. */
async function change(request: Request): Promise<Response> {
  const ended = echoes.began(thingsOf(new URL(request.url).pathname, await request.clone().text()));
  try {
    return await backend.fetch(request);
  } finally {
    ended(Date.now());
  }
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
  const ended = echoes.began(thingsOf(path, body));
  try {
    const response = await backend.fetch(request).catch((reason: unknown) => {
      throw signal?.aborted ? reason : Refusal.from(reason);
    });
    if (!response.ok) throw refusal(await response.json().catch(() => null), response.status);
    if (response.body === null) return;
    for await (const line of lines(response.body)) {
      if (line !== '') yield line;
    }
  } finally {
    ended(Date.now());
  }
}

/** The gateway gives a sign of life every 15 s: who misses three of them will get no fourth. */
export const SILENCE_MS = 45_000;

/**
 * Every event of the gateway, the whole state first. Ends when the gateway does, and with an error when it is silent.
 * `onheard` is told of signs of life too.
 */
export async function* events(
  query: string,
  signal: AbortSignal,
  onheard: () => void,
): AsyncGenerator<Api['Event']> {
  const url = new URL(`/api/events${query}`, location.origin);
  const abort = new AbortController();
  const giveUp = () => abort.abort();
  signal.addEventListener('abort', giveUp);
  let timer = setTimeout(giveUp, SILENCE_MS);
  try {
    const request = new Request(url, {
      signal: abort.signal,
      headers: { accept: 'text/event-stream' },
    });
    const response = await backend.fetch(request);
    if (!response.ok) throw refusal(await response.json().catch(() => null), response.status);
    if (response.body === null) return;
    for await (const line of lines(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE_MS);
      onheard();
      if (line.startsWith('data:')) yield JSON.parse(line.slice(5)) as Api['Event'];
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
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
