/** What was asked for while the gateway could not be heard is asked for again when it can. */
import { untrack } from 'svelte';
import { gateway } from './gateway.svelte';
import type { Query } from './query.svelte';

/** Asks anew each time the gateway comes back and the last look failed or gave nothing; for a component's start. */
export function recovers(query: Query<unknown>): void {
  $effect(() => {
    if (!gateway.isLive) return;
    untrack(() => {
      if (!query.isBusy && (query.problem !== null || query.data === null)) void query.refresh();
    });
  });
}
