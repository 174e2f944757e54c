/** Who acts by the keyboard goes on from where they acted, also when the button is gone. */

/** Brings the focus here if what had it vanishes with the next frame. */
export function catchFocus(place: HTMLElement | null | undefined): void {
  requestAnimationFrame(() => document.activeElement === document.body && place?.focus());
}
