/** Where the focus goes when what had it is gone: who acts by the keyboard goes on from there. */
import type { Thing } from '$lib/state/changes';

/** To the row of something; to the heading of the page when it is not listed. */
export function focusRow(thing: Thing): void {
  const row = document.querySelector<HTMLElement>(`[data-thing="${CSS.escape(thing)}"]`);
  if (row) row.focus();
  else focusHeading();
}

export function focusHeading(): void {
  document.querySelector<HTMLElement>('main h1')?.focus();
}

/** Brings the focus here if what had it vanishes with the next frame. */
export function catchFocus(place: HTMLElement | null | undefined): void {
  requestAnimationFrame(() => document.activeElement === document.body && place?.focus());
}
