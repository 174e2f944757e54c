/** What is told about the text of a body besides the text itself. */

/** The gateway keeps so many bytes of a body. */
const MAX_KEPT = 16 * 1024;

/** True when the gateway kept less of a body than the `bytes` it had; it ends such a text with a sign. */
export function isCut(text: string, bytes: number): boolean {
  return bytes > MAX_KEPT && text.endsWith('…');
}

/** True when a whole string is hidden, also in JSON within a string; other stars are somebody's own words. */
export function isMasked(text: string): boolean {
  return /"\*\*\*\\*"/.test(text);
}
