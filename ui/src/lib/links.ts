/** What may be opened outside. */

/** True for an address of the web: other schemes start programs. */
export function isWebLink(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
}
