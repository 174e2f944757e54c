/**
 * The calls that the list shows: pages of the record below, what is told live on top. While the list is held
 * (paused, or scrolled to older calls) what comes waits, so that nothing moves under the eyes of who reads.
 */
import { Refusal, api, ask, type Api } from '$lib/api/client';
import { hasGap, isNewer, isRecorded, merged } from './calls';
import { matchesFilter, queryOf, type Filter } from './filters';

type Call = Api['CallView'];
type Page = Api['ActivityPage'];
type Load = (filter: Filter, limit: number, before: number | null, signal: AbortSignal) => Promise<Page>;

/** Two screens of a tall window. */
const PAGE = 200;
/** The most that the gateway gives at once. */
const CATCH_UP_PAGE = 1000;
/** Rows that the page holds: about 20 MB. Filters find what is older. */
export const MAX_ROWS = 20_000;
/** Calls that wait to be shown. When more come, the newest are asked for instead. */
const MAX_WAITING = 1000;

export class CallFeed {
  calls = $state.raw<Call[]>([]);
  waiting = $state.raw<Call[]>([]);
  /** How many came while the list was held; `waiting` may hold less. */
  waitingCount = $state(0);
  isPaused = $state(false);
  #isScrolled = $state(false);
  isLoaded = $state(false);
  /** When the record last gave some, in milliseconds since 1970. */
  atMs = $state(0);
  isBusy = $state(false);
  problem = $state.raw<Refusal | null>(null);
  /** Calls that the gateway could not record. */
  dropped = $state(0);

  readonly isHeld = $derived(this.isPaused || this.#isScrolled);
  readonly isFull = $derived(this.calls.length >= MAX_ROWS);
  /** The record has calls that are older than the last row. */
  hasOlder = $state(false);

  #filter: Filter;
  #lastHeard: number | null = null;
  #abort = new AbortController();
  #isCatchingUp = false;
  /** The rows belong to what is looked for, and not to what was looked for before. */
  #isCurrent = false;
  /** What ended since the record was asked from the top: the answer may be older. */
  #heard: readonly Call[] = [];
  #load: Load;

  constructor(filter: Filter, load: Load = recorded) {
    this.#filter = filter;
    this.#load = load;
  }

  get isScrolled(): boolean {
    return this.#isScrolled;
  }

  /** Back at the top, what waited is shown: later calls would else leave a hole. */
  set isScrolled(isScrolled: boolean) {
    this.#isScrolled = isScrolled;
    if (!this.isHeld && this.waitingCount > 0) void this.#showWaiting();
  }

  /** Begins anew with other conditions; what was shown stays until the answer is there. */
  async look(filter: Filter): Promise<void> {
    this.#filter = filter;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#isCatchingUp = false;
    this.#heard = [];
    this.#isCurrent = false;
    await this.#ask(null, (page) => this.#startWith(page, this.#heard));
  }

  /** Older calls, when there are some and there is room for them. */
  async older(): Promise<void> {
    const oldest = this.calls.at(-1)?.id;
    if (this.isBusy || oldest === undefined || !this.hasOlder || this.isFull || this.problem !== null) return;
    await this.#ask(oldest, (page) => {
      this.calls = merged(this.calls, page.calls, MAX_ROWS);
      this.hasOlder = page.next_before != null;
    });
  }

  /** The gateway is heard again: goes on where it was, also amid older calls. */
  async recover(): Promise<void> {
    if (!this.#isCurrent) {
      // The first look, and one that is under way, need none beside them.
      if (this.problem !== null) await this.look(this.#filter);
      return;
    }
    const wasStopped = this.problem !== null;
    this.problem = null;
    await this.catchUp();
    if (wasStopped) await this.older();
  }

  /** Calls that ended just now. */
  hear(calls: readonly Call[]): void {
    const isMissing = hasGap(this.#lastHeard, calls);
    this.#lastHeard = calls.at(-1)?.id ?? this.#lastHeard;
    const fitting = calls.filter((call) => matchesFilter(call, this.#filter));
    if (this.isBusy) this.#heard = merged(this.#heard, fitting, MAX_ROWS);
    if (!this.isLoaded) return;
    this.#take(fitting);
    if (isMissing) void this.catchUp();
  }

  /** Asks for what was not told live: between two events, or while the gateway could not be heard. */
  async catchUp(): Promise<void> {
    if (this.#isCatchingUp || !this.isLoaded) return;
    this.#isCatchingUp = true;
    const { signal } = this.#abort;
    try {
      const page = await this.#load(this.#filter, CATCH_UP_PAGE, null, signal);
      const newest = (this.waiting.find(isRecorded) ?? this.calls.find(isRecorded))?.id ?? 0;
      const oldest = page.calls.at(-1)?.id ?? 0;
      if (oldest > newest && page.next_before && !this.isHeld) this.#startWith(page);
      else this.#take(page.calls.filter((call) => isNewer(call, this.calls.at(-1))));
    } catch {
      // The next call that comes, or the stream that opens again, asks once more.
    } finally {
      if (!signal.aborted) this.#isCatchingUp = false;
    }
  }

  /** Shows what waited. */
  async show(): Promise<void> {
    this.isPaused = false;
    this.#isScrolled = false;
    await this.#showWaiting();
  }

  /** Every recorded call was forgotten. */
  clear(): void {
    this.#startWith({ calls: [], dropped: this.dropped, recording: true });
  }

  stop(): void {
    this.#abort.abort();
  }

  async #showWaiting(): Promise<void> {
    const isAllHere = this.waiting.length === this.waitingCount;
    const fresh = this.waiting;
    this.waiting = [];
    this.waitingCount = 0;
    if (isAllHere) this.#take(fresh);
    else await this.look(this.#filter);
  }

  #take(calls: readonly Call[]): void {
    if (!this.isHeld) {
      if (calls.length > 0) this.calls = merged(this.calls, calls, MAX_ROWS);
      return;
    }
    const newest = this.calls[0];
    const before = this.waiting;
    const all = merged(
      before,
      calls.filter((call) => isNewer(call, newest)),
      Number.POSITIVE_INFINITY,
    );
    this.waitingCount += all.length - before.length;
    this.waiting = all.slice(0, MAX_WAITING);
  }

  #startWith(page: Page, heard: readonly Call[] = []): void {
    this.calls = merged(page.calls, heard, MAX_ROWS);
    this.waiting = [];
    this.waitingCount = 0;
    this.hasOlder = page.next_before != null;
    this.dropped = page.dropped;
    this.isLoaded = true;
    this.#isCurrent = true;
  }

  async #ask(before: number | null, use: (page: Page) => void): Promise<void> {
    const { signal } = this.#abort;
    this.isBusy = true;
    try {
      const page = await this.#load(this.#filter, PAGE, before, signal);
      if (signal.aborted) return;
      this.problem = null;
      this.atMs = Date.now();
      use(page);
    } catch (reason) {
      if (!signal.aborted) this.problem = Refusal.from(reason);
    } finally {
      if (!signal.aborted) this.isBusy = false;
    }
  }
}

function recorded(filter: Filter, limit: number, before: number | null, signal: AbortSignal): Promise<Page> {
  const place = before === null ? {} : { before: String(before) };
  const query = { ...queryOf(filter), ...place, limit: String(limit) };
  return ask(api.GET('/api/activity', { params: { query }, signal }));
}
