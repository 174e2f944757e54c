/** How a state looks: a shape and a word, so that colour is never alone. */
import type { Api } from '$lib/api/client';
import { m } from '$paraglide/messages';

export type Shape = 'dot' | 'ring' | 'half' | 'triangle' | 'cross' | 'dash';

export interface Mark {
  shape: Shape;
  tone: 'running' | 'asleep' | 'attention' | 'failed';
  word: string;
  /** What the word means, for who rests on it. */
  meaning: string;
}

type Subject = Pick<Api['UpstreamView'], 'state' | 'enabled' | 'held_back'>;

/** The mark of an upstream. */
export function markOf({ state, enabled, held_back }: Subject): Mark {
  if (!enabled) return { shape: 'dash', tone: 'asleep', word: m.state_off(), meaning: m.state_off_meaning() };
  switch (state) {
    case 'ready':
      return held_back.length > 0
        ? {
            shape: 'triangle',
            tone: 'attention',
            word: m.state_clash(),
            meaning: m.state_clash_meaning(),
          }
        : { shape: 'dot', tone: 'running', word: m.state_ready(), meaning: m.state_ready_meaning() };
    case 'starting':
      return {
        shape: 'half',
        tone: 'running',
        word: m.state_starting(),
        meaning: m.state_starting_meaning(),
      };
    case 'known':
    case 'asleep':
      return { shape: 'ring', tone: 'asleep', word: m.state_asleep(), meaning: m.state_asleep_meaning() };
    case 'configured':
      return {
        shape: 'ring',
        tone: 'asleep',
        word: m.state_configured(),
        meaning: m.state_configured_meaning(),
      };
    case 'backing_off':
      return {
        shape: 'triangle',
        tone: 'attention',
        word: m.state_backing_off(),
        meaning: m.state_backing_off_meaning(),
      };
    case 'failed':
      return { shape: 'cross', tone: 'failed', word: m.state_failed(), meaning: m.state_failed_meaning() };
    case 'stopped':
      return { shape: 'dash', tone: 'asleep', word: m.state_stopped(), meaning: m.state_stopped_meaning() };
  }
}

/**
 * True when a person should look at it: those whose mark has the tone `attention` or `failed`. The app's tray has the
 * same rule (`Seen::trouble`).
 */
export function isTrouble({ state, enabled, held_back }: Subject): boolean {
  if (!enabled) return false;
  return state === 'failed' || state === 'backing_off' || (state === 'ready' && held_back.length > 0);
}
