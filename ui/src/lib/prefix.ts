/** A prefix that would keep the names of an upstream apart. */

/** Longer ones leave too little of a tool's name for clients that count its letters. */
const MAX_LENGTH = 32;

/** The gateway's rule: a prefix becomes part of tool names and of URI schemes. */
export function isPrefix(text: string): boolean {
  return text.length <= MAX_LENGTH && /^[A-Za-z][A-Za-z0-9._-]*$/.test(text);
}

/** The name as far as a prefix can bear it, which begins with a letter; empty when nothing is left. */
export function prefixOf(name: string): string {
  return name
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .slice(0, MAX_LENGTH);
}
