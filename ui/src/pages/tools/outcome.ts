/** What came of a call, in a word. */
import { m } from '$paraglide/messages';
import type { Outcome } from './trials.svelte';

/** The tool itself says that it failed, which is an answer and no error of the protocol. */
export function isToolError(outcome: Outcome | null): boolean {
  return outcome?.kind === 'result' && outcome.isToolError;
}

export function outcomeWord(outcome: Outcome | null): string {
  if (outcome === null) return m.tools_running();
  switch (outcome.kind) {
    case 'result':
      return isToolError(outcome) ? m.tools_outcome_failed() : m.tools_outcome_answered();
    case 'error':
      return m.tools_outcome_error();
    case 'broken':
      return outcome.wasCancelled ? m.tools_outcome_cancelled() : m.tools_outcome_broken();
  }
}
