/** What an upstream says, looked at once in a second while somebody looks. */
import { api, ask, Refusal } from '$lib/api/client';
import { joined, type Line } from './log-lines';

/** As often as a person can follow. */
const PERIOD_MS = 1000;

export class LogFeed {
  lines = $state.raw<readonly Line[]>([]);
  problem = $state.raw<Refusal | null>(null);
  /** When it was heard last, in milliseconds since 1970; 0 before that. */
  atMs = $state(0);

  constructor(readonly name: string) {}

  async look(signal?: AbortSignal): Promise<void> {
    const params = { path: { upstream: this.name } };
    try {
      const { lines } = await ask(api.GET('/api/upstreams/{upstream}/logs', { params, signal }));
      this.lines = joined(this.lines, lines);
      this.problem = null;
      this.atMs = Date.now();
    } catch (reason) {
      if (!signal?.aborted) this.problem = Refusal.from(reason);
    }
  }

  /** Looks again and again while the window can be seen; what it gives ends that. */
  follow(): () => void {
    let looking: AbortController | null = null;
    const look = async () => {
      if (document.hidden || looking !== null) return;
      looking = new AbortController();
      await this.look(looking.signal);
      looking = null;
    };
    void look();
    const timer = setInterval(() => void look(), PERIOD_MS);
    return () => {
      clearInterval(timer);
      looking?.abort();
    };
  }
}
