/** How the end of a call looks: a shape and a word, so that colour is never alone. */
import type { Mark } from '$lib/ui/state-mark';
import { m } from '$paraglide/messages';

export function outcomeMark(outcome: string, code?: number | null): Mark {
  switch (outcome) {
    case 'ok':
      return { shape: 'dot', tone: 'running', word: m.activity_ok(), meaning: m.activity_ok_meaning() };
    case 'tool_error':
      return {
        shape: 'cross',
        tone: 'failed',
        word: m.activity_tool_error(),
        meaning: m.activity_tool_error_meaning(),
      };
    case 'error':
      return {
        shape: 'cross',
        tone: 'failed',
        word: code ? m.activity_error_code({ code }) : m.activity_error(),
        meaning: m.activity_error_meaning(),
      };
    case 'cancelled':
      return {
        shape: 'dash',
        tone: 'asleep',
        word: m.activity_cancelled(),
        meaning: m.activity_cancelled_meaning(),
      };
    case 'timed_out':
      return {
        shape: 'triangle',
        tone: 'attention',
        word: m.activity_timed_out(),
        meaning: m.activity_timed_out_meaning(),
      };
    case 'lost':
      return { shape: 'cross', tone: 'failed', word: m.activity_lost(), meaning: m.activity_lost_meaning() };
    default:
      return { shape: 'ring', tone: 'asleep', word: outcome, meaning: outcome };
  }
}
