/** The first run as it stands: the recorded calls, those heard since, and what this window remembers of it. */
import '$lib/storage';
import { api, ask, type Api } from '$lib/api/client';
import { gateway } from '$lib/state/gateway.svelte';
import { Query } from '$lib/state/query.svelte';
import { FACE, isShown, stepsOf, type Kept } from './steps';

const KEY = 'headgate-first-run';
/** A client's call among these tells that one is connected; one page of the record is enough for that. */
const LOOK_BACK = '200';

async function recorded(signal: AbortSignal): Promise<Api['CallView'][]> {
  const good = { method: 'tools/call', outcome: 'ok' };
  const page = (query: Record<string, string>) =>
    ask(api.GET('/api/activity', { params: { query: { ...good, ...query } }, signal }));
  const [all, own] = await Promise.all([page({ limit: LOOK_BACK }), page({ client: FACE, limit: '1' })]);
  return [...all.calls, ...own.calls];
}

function kept(): Kept {
  const text = localStorage.getItem(KEY);
  return text === 'open' || text === 'over' ? text : null;
}

class FirstRun {
  readonly query = new Query<Api['CallView'][]>(recorded);
  #kept = $state<Kept>(kept());

  readonly steps = $derived(
    stepsOf({
      upstreams: gateway.upstreams.length,
      connected: gateway.sessions.map(({ client }) => client),
      calls: [...(this.query.data ?? []), ...gateway.calls],
    }),
  );
  /** What was not asked yet cannot be shown as undone, except to who saw the strip before. */
  readonly #isKnown = $derived(gateway.state !== null && (this.query.data !== null || this.#kept === 'open'));
  readonly isOver = $derived(this.#kept === 'over');
  readonly isShown = $derived(this.#isKnown && isShown(this.#kept, this.steps.next === null));

  /** The strip is on the screen, so its end will be worth showing. */
  seen(): void {
    if (this.#kept === null) this.#keep('open');
  }

  close(): void {
    this.#keep('over');
  }

  #keep(value: 'open' | 'over'): void {
    this.#kept = value;
    localStorage.setItem(KEY, value);
  }
}

export const firstRun = new FirstRun();
