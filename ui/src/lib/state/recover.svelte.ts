/** What was asked for while the gateway could not be heard is asked for again when it can. */
import { untrack } from 'svelte';
import { gateway } from './gateway.svelte';
import type { Query } from './query.svelte';

/** Asks anew each time the gateway comes back and the last look failed or gave nothing; for a component's start. */
export function recovers(query: Query<unknown>): void {
  let wasAway = false;
  $effect(() => {
    if (!gateway.isLive) {
      wasAway = true;
      return;
    }
    untrack(() => {
      const isMissing = query.problem !== null || query.data === null;
      // What began before the gateway was back may never be answered.
      if (isMissing && (wasAway || !query.isBusy)) void query.refresh();
    });
    wasAway = false;
  });
}
