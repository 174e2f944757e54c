/**
 * What the gateway said last, and whether it can be heard now. Pages are functions of this. It follows the
 * gateway by itself: a stream that breaks is opened again, and what was heard stays, marked with its age.
 */
import { SvelteMap } from 'svelte/reactivity';
import { backend } from '$lib/backend';
import { Refusal, events, type Api } from '$lib/api/client';
import { changesOf, type Thing } from './changes';
import { echoes } from './echoes';
import { reduce, type State } from './reduce';

/**
 * `locked`: a browser without a valid link. `stopped`: a person stopped it. `failed`: it could not start.
 * `lost`: it was heard before and is not now.
 */
export type Connection = 'connecting' | 'live' | 'lost' | 'stopped' | 'failed' | 'locked';

/** Between two tries to hear the gateway: soon enough to be back within a second, rare enough to cost nothing. */
const RETRY_MS = 700;
/** Calls that the page remembers; the record has the others. */
const MAX_CALLS = 500;
/** A change that is older is no news; longer than rows light up for it. */
const NEWS_MS = 5000;

type CallListener = (calls: Api['CallView'][]) => void;

class Gateway {
  connection = $state<Connection>('connecting');
  /** Why it failed, in a sentence. */
  reason = $state<string | null>(null);
  /** What a person should know although it runs, in a sentence. */
  note = $state<string | null>(null);
  state = $state.raw<State | null>(null);
  /** When it was last heard, in milliseconds since 1970. */
  heardMs = $state(0);
  /** When `sessions` was told: their `idle_ms` count from then. */
  sessionsMs = $state(0);
  /** The newest calls first, those heard live since the page opened. */
  calls = $state.raw<Api['CallView'][]>([]);
  questions = $state.raw<Api['QuestionView'][]>([]);
  /** What others changed lately, and when, in milliseconds since 1970. */
  readonly changes = new SvelteMap<Thing, number>();

  readonly upstreams = $derived(this.state?.upstreams ?? []);
  readonly sessions = $derived(this.state?.sessions ?? []);
  readonly clients = $derived(this.state?.clients ?? []);
  readonly settings = $derived(this.state?.settings ?? []);
  readonly status = $derived(this.state?.status ?? null);
  readonly catalog = $derived(this.state?.catalog ?? null);
  /** Where clients connect. */
  readonly mcpUrl = $derived(this.status === null ? null : `${this.status.url}/mcp`);
  readonly isLive = $derived(this.connection === 'live');

  #listeners = new Set<CallListener>();
  #abort = new AbortController();

  upstream(name: string): Api['UpstreamView'] | undefined {
    return this.upstreams.find((upstream) => upstream.name === name);
  }

  setting(key: string): Api['SettingView'] | undefined {
    return this.settings.find((setting) => setting.key === key);
  }

  /** Tells of calls as they end; what it gives takes that back. */
  onCalls(listener: CallListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the gateway until `stop`. */
  async follow(): Promise<void> {
    const unlisten = await backend.desktop?.onGateway((heard) => this.#appSaid(heard));
    // What it said before this page listened.
    const known = await backend.desktop?.gatewayState().catch(() => undefined);
    if (known !== undefined) this.#appSaid(known);
    const { signal } = this.#abort;
    while (!signal.aborted) {
      if (backend.isAdmitted()) await this.#listen(signal);
      else this.connection = 'locked';
      await pause(RETRY_MS, signal);
    }
    unlisten?.();
  }

  stop(): void {
    this.#abort.abort();
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const heard = () => (this.heardMs = Date.now());
    try {
      for await (const event of events('?calls=true&questions=true', signal, heard)) {
        this.#hear(event);
      }
      await this.#ended();
    } catch (reason) {
      if (signal.aborted) return;
      if (Refusal.from(reason).code === 'unauthorized') this.connection = 'locked';
      else await this.#ended();
    }
  }

  #hear(event: Api['Event']): void {
    this.heardMs = Date.now();
    if ('calls' in event) this.#heardCalls(event.calls);
    if ('questions' in event) this.questions = event.questions;
    if ('state' in event) this.questions = event.state.questions ?? [];
    if ('state' in event || 'sessions' in event) this.sessionsMs = this.heardMs;
    const before = this.state;
    this.state = reduce(before, event);
    // One that is ending answers until its last call is done.
    if (!this.#isStopping()) [this.connection, this.reason] = ['live', null];
    if (before !== null && this.state !== null) this.#note(changesOf(before, this.state));
  }

  #note(things: Thing[]): void {
    const news = things.filter((thing) => !echoes.has(thing, this.heardMs));
    if (news.length === 0) return;
    for (const [thing, atMs] of this.changes) {
      if (this.heardMs - atMs > NEWS_MS) this.changes.delete(thing);
    }
    for (const thing of news) this.changes.set(thing, this.heardMs);
  }

  #heardCalls(calls: Api['CallView'][]): void {
    this.calls = [...calls.toReversed(), ...this.calls].slice(0, MAX_CALLS);
    for (const listener of this.#listeners) listener(calls);
  }

  /** The stream is over; the app, where there is one, knows why. */
  async #ended(): Promise<void> {
    const heard = await backend.desktop?.gatewayState().catch(() => undefined);
    if (heard !== undefined && heard.state !== 'running') this.#appSaid(heard);
    else if (this.#isStopping()) this.connection = 'stopped';
    else if (this.connection !== 'stopped') this.connection = 'lost';
  }

  #isStopping(): boolean {
    return this.state?.status.stopping ?? false;
  }

  #appSaid({ state, reason }: { state: string; reason: string | null }): void {
    this.note = state === 'running' ? reason : null;
    if (state === 'running') return;
    if (state === 'starting' && this.state === null) this.connection = 'connecting';
    else if (state === 'starting' || state === 'stopping') this.connection = 'lost';
    else if (state === 'stopped') this.connection = 'stopped';
    else if (state === 'failed') this.connection = 'failed';
    this.reason = reason;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

export const gateway = new Gateway();
