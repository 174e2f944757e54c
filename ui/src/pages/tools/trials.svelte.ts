/**
 * Calls that a person makes here. They belong to the window and not to a page: one that runs goes on when
 * its tool's page is left, and the last results are there when it is opened again.
 */
import { SvelteMap } from 'svelte/reactivity';
import { Refusal, api, ask, streamText } from '$lib/api/client';
import { member, readJsonIfAny, type Json } from '$lib/json';

/** Results that one tool keeps: enough to compare. */
const MAX_RESULTS = 8;
/** Text of all results that are kept; above it the oldest go. */
const MAX_KEPT = 20_000_000;
/** What a tool logs during one call; the upstream's page has all of it. */
const MAX_LOGS = 200;
/** A cancelled call has this long to tell its end; then the request is broken off, which cancels as well. */
const FAREWELL_MS = 2000;

/** The code of a call that was cancelled. */
const CANCELLED = '-32800';

export interface LogLine {
  level: string;
  text: string;
}

export interface Progress {
  done: number;
  total: number | null;
  message: string | null;
}

/** In whose name a call is made, and in which folder. */
export interface Caller {
  client?: string;
  project?: string;
}

/** `broken`: the gateway refused the call, or was lost meanwhile. */
export type Outcome =
  | { kind: 'result'; text: string; durationMs: number; isToolError: boolean }
  | { kind: 'error'; text: string; durationMs: number }
  | { kind: 'broken'; reason: Refusal | null; wasCancelled: boolean };

/** One call, from when it was sent. */
export class Trial {
  readonly startedMs = Date.now();
  id = $state<string | null>(null);
  progress = $state.raw<Progress | null>(null);
  logs = $state.raw<LogLine[]>([]);
  outcome = $state.raw<Outcome | null>(null);
  isCancelling = $state(false);
  #abort = new AbortController();

  constructor(
    readonly number: number,
    readonly argumentsText: string,
    readonly caller: Caller,
  ) {}

  /** Makes the call and follows it to its end. */
  async run(body: string): Promise<void> {
    try {
      for await (const line of streamText('/api/calls', body, this.#abort.signal)) this.#hear(line);
      this.outcome ??= { kind: 'broken', reason: null, wasCancelled: this.isCancelling };
    } catch (reason) {
      const refusal = this.isCancelling ? null : Refusal.from(reason);
      this.outcome ??= { kind: 'broken', reason: refusal, wasCancelled: this.isCancelling };
    }
  }

  /** Cancels it; its upstream is told. */
  async cancel(): Promise<void> {
    if (this.outcome !== null) return;
    this.isCancelling = true;
    if (this.id === null) return this.#abort.abort();
    setTimeout(() => this.outcome ?? this.#abort.abort(), FAREWELL_MS);
    const path = { params: { path: { call: this.id } } };
    await ask(api.DELETE('/api/calls/{call}', path)).catch(() => this.#abort.abort());
  }

  #hear(line: string): void {
    const json = readJsonIfAny(line);
    const of = (name: string) => member(json, name);
    const [call, progress, log] = [of('call'), of('progress'), of('log')];
    if (call !== null) this.id = textOf(member(call, 'id'));
    else if (progress !== null) this.progress = progressOf(progress);
    else if (log !== null) this.logs = [...this.logs, logOf(log)].slice(-MAX_LOGS);
    else this.#end(of('result'), of('error'), of('duration_ms'));
  }

  #end(result: Json | null, error: Json | null, duration: Json | null): void {
    const durationMs = Number(duration?.text ?? 0);
    const wasCancelled = this.isCancelling && member(error, 'code')?.text === CANCELLED;
    if (wasCancelled) this.outcome = { kind: 'broken', reason: null, wasCancelled };
    else if (error !== null && error.kind !== 'null')
      this.outcome = { kind: 'error', text: error.text, durationMs };
    else if (result !== null)
      this.outcome = {
        kind: 'result',
        text: result.text,
        durationMs,
        isToolError: member(result, 'isError')?.text === 'true',
      };
  }

  get size(): number {
    return this.outcome === null || this.outcome.kind === 'broken' ? 0 : this.outcome.text.length;
  }
}

function progressOf(json: Json): Progress {
  const total = member(json, 'total');
  return {
    done: Number(member(json, 'progress')?.text ?? 0),
    total: total?.kind === 'number' && Number(total.text) > 0 ? Number(total.text) : null,
    message: textOf(member(json, 'message')),
  };
}

function logOf(json: Json): LogLine {
  const data = member(json, 'data');
  return { level: textOf(member(json, 'level')) ?? '', text: textOf(data) ?? data?.text ?? '' };
}

function textOf(json: Json | null): string | null {
  return json?.kind === 'string' ? json.value : null;
}

class Trials {
  #byTool = new SvelteMap<string, Trial[]>();
  #last = 0;

  /** The calls of a tool, the newest first. */
  of(key: string): Trial[] {
    return this.#byTool.get(key) ?? [];
  }

  start(key: string, argumentsText: string, caller: Caller, body: string): Trial {
    const trial = new Trial(++this.#last, argumentsText, caller);
    this.#byTool.set(key, [trial, ...this.of(key)].slice(0, MAX_RESULTS));
    void trial.run(body).finally(() => this.#trim());
    return trial;
  }

  /** Forgets the oldest results until the rest fits. */
  #trim(): void {
    const all = [...this.#byTool.values()].flat().sort((one, other) => other.number - one.number);
    let kept = 0;
    const isKept = (trial: Trial) => (kept += trial.size) <= MAX_KEPT || trial.outcome === null;
    const gone = new Set(all.filter((trial, at) => !isKept(trial) && at > 0));
    if (gone.size === 0) return;
    for (const [key, list] of this.#byTool) {
      this.#byTool.set(
        key,
        list.filter((trial) => !gone.has(trial)),
      );
    }
  }
}

export const trials = new Trials();
