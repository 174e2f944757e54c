/**
 * Lights a row up once when somebody else changed what it shows, or added it. Colour only, nothing moves; a row
 * that comes into sight a moment late lights up for the rest of the time.
 */
import type { Attachment } from 'svelte/attachments';
import type { Thing } from '$lib/state/changes';
import { gateway } from '$lib/state/gateway.svelte';

/** Long enough to be found by an eye that was elsewhere in the window. */
export const LIT_MS = 1600;

export function lit(thing: Thing): Attachment<HTMLElement> {
  return (row) => {
    const sinceMs = Date.now() - (gateway.changes.get(thing) ?? 0);
    if (sinceMs >= LIT_MS) return;
    const light = { backgroundColor: 'var(--accent-soft)' };
    const animation = row.animate([light, { ...light, offset: 0.5 }, {}], LIT_MS);
    animation.currentTime = sinceMs;
    return () => animation.cancel();
  };
}
