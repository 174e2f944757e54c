/**
 * Something that is asked for, and not told by events. A failed look never empties what is shown: the old
 * data stays, with the problem and the age beside it.
 */
import { Refusal } from '$lib/api/client';

export class Query<T> {
  data = $state.raw<T | null>(null);
  problem = $state.raw<Refusal | null>(null);
  isBusy = $state(false);
  /** When `data` was given, in milliseconds since 1970. */
  atMs = $state(0);

  #load: (signal: AbortSignal) => Promise<T>;
  #running: AbortController | null = null;
  /** It was wanted again while it ran. */
  #isWanted = false;

  constructor(load: (signal: AbortSignal) => Promise<T>) {
    this.#load = load;
  }

  /** Asks anew; what was asked before and has not answered is given up. */
  async refresh(): Promise<void> {
    this.#running?.abort();
    this.#isWanted = false;
    const running = new AbortController();
    this.#running = running;
    this.isBusy = true;
    try {
      const data = await this.#load(running.signal);
      if (running.signal.aborted) return;
      this.data = data;
      this.problem = null;
      this.atMs = Date.now();
    } catch (reason) {
      if (running.signal.aborted) return;
      this.problem = Refusal.from(reason);
    } finally {
      if (this.#running === running) {
        this.#running = null;
        this.isBusy = false;
        if (this.#isWanted) void this.refresh();
      }
    }
  }

  /**
   * For those whom events drive: what runs ends first, and is then asked once more. Events that come faster
   * than answers would starve {@link refresh}.
   */
  async refreshSoon(): Promise<void> {
    if (this.#running === null) await this.refresh();
    else this.#isWanted = true;
  }

  /** Gives up what is under way. */
  stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.#isWanted = false;
    this.isBusy = false;
  }
}
