/** Characters that a person cannot see, or that turn text around, made visible before anyone agrees to it. */

/**
 * Controls, soft hyphens, zero-width and direction marks, odd spaces, tags, variation selectors, fillers.
 * The gateway has the same list in `command_line.rs`.
 */
export const UNSEEN =
  // eslint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{110bd}\u{110cd}]|[\u{13430}-\u{1345f}]|[\u{1bca0}-\u{1bca3}]|[\u{1d173}-\u{1d17a}]|[\u{e0000}-\u{e0fff}]/gu;

/** A line that breaks by itself would look like one that is only long, so that it is marked before it breaks. */
const VISIBLE: Record<string, [string, string]> = { '\n': ['↵', '\n'], '\t': ['⇥', '\t'] };

export interface Piece {
  text: string;
  /** It stands for a character that cannot be seen: `U+200B`. */
  isMark: boolean;
}

/** The text in pieces, with a mark for each character that cannot be seen. */
export function revealed(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), isMark: false });
    const code = match[0].codePointAt(0) ?? 0;
    const [mark, after] = VISIBLE[match[0]] ?? [`U+${code.toString(16).toUpperCase().padStart(4, '0')}`, ''];
    pieces.push({ text: mark, isMark: true });
    if (after) pieces.push({ text: after, isMark: false });
    from = match.index + match[0].length;
  }
  if (from < text.length || pieces.length === 0) pieces.push({ text: text.slice(from), isMark: false });
  return pieces;
}
