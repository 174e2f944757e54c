/** Brings the focus to the row of a client, by its exact name; to the heading when it is not listed. */
export function focusClient(name: string): void {
  const row = document.querySelector<HTMLElement>(`[data-client="${CSS.escape(name)}"]`);
  (row ?? document.querySelector<HTMLElement>('main h1'))?.focus();
}
