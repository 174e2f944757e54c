/** Where the focus goes when what had it is gone. */
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
