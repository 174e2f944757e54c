/** The arguments of a recorded call, digit by digit as they were: the text is cut out, never parsed and written. */

export interface Recorded {
  text: string;
  /** Something in it was hidden; `***` stands there. */
  isMasked: boolean;
}

/** The `arguments` of the parameters of a `tools/call`; null when the record was cut before their end. */
export function argumentsOf(parameters: string): Recorded | null {
  try {
    JSON.parse(parameters);
  } catch {
    return null;
  }
  const text = member(parameters, 'arguments') ?? '{}';
  return { text, isMasked: text.includes('***') };
}

/** The raw value of a member of an object, which must be sound JSON. */
function member(json: string, name: string): string | null {
  let at = blank(json, 0);
  if (json[at] !== '{') return null;
  at = blank(json, at + 1);
  let found: string | null = null;
  while (json[at] === '"') {
    const keyEnd = valueEnd(json, at);
    const key: unknown = JSON.parse(json.slice(at, keyEnd));
    const start = blank(json, blank(json, keyEnd) + 1);
    const end = valueEnd(json, start);
    // Of two members with one name the last counts, as everywhere.
    if (key === name) found = json.slice(start, end);
    at = blank(json, blank(json, end) + 1);
  }
  return found;
}

function blank(json: string, from: number): number {
  let at = from;
  while (/\s/.test(json[at] ?? '')) at += 1;
  return at;
}

/** Where the value that begins at `from` ends. */
function valueEnd(json: string, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; at += 1) {
    const sign = json[at] ?? '';
    if (sign === '"') {
      at += 1;
      while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
      if (depth === 0) return at + 1;
    } else if ('{['.includes(sign)) {
      depth += 1;
    } else if ('}]'.includes(sign)) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && /[,\s]/.test(sign)) {
      return at;
    }
  }
  return json.length;
}
