/** What stands in the place of a secret. Always as long, so that it tells nothing. */
export const DOTS = '•'.repeat(16);

/** The text without the secret. */
export function masked(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, DOTS);
}
