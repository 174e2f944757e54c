/** Text as programs write it to a terminal. */

// eslint-disable-next-line no-control-regex
const CODES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** Without the codes that colour a terminal. */
export function withoutCodes(text: string): string {
  return text.includes('\u001b') ? text.replace(CODES, '') : text;
}
