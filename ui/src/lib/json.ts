/**
 * JSON as it is written: a tree that keeps the text of every value, so that 9007199254740993 and 1.0 stay
 * what they are. `JSON.parse` says whether a text is JSON at all; what is here only walks it.
 */

interface Written {
  /** The value as it stands in the text. */
  text: string;
}

export type Json =
  | (Written & { kind: 'object'; members: [name: string, value: Json][] })
  | (Written & { kind: 'list'; items: Json[] })
  | (Written & { kind: 'string'; value: string })
  | (Written & { kind: 'number' | 'boolean' | 'null' });

interface Token {
  text: string;
  from: number;
}

/** Deeper values are not moved further to the right, since strangers' JSON may nest a million times. */
const MAX_INDENT = 64;

/** Strings, punctuation, numbers and words, of a text that is known to be JSON. */
function* tokens(text: string): Generator<Token, undefined> {
  const plain = /[^\s[\]{}:,"]+/y;
  let at = 0;
  while (at < text.length) {
    const from = at;
    const character = text.charAt(at);
    if (/\s/.test(character)) {
      at += 1;
      continue;
    }
    plain.lastIndex = at;
    if (character === '"') at = endOfString(text, at);
    else if ('[]{}:,'.includes(character)) at += 1;
    else at += plain.exec(text)?.[0].length ?? 1;
    yield { text: text.slice(from, at), from };
  }
}

/** Behind the closing quote: one with an even number of backslashes before it. A regular expression would
    run out of stack on a string of megabytes. */
function endOfString(text: string, from: number): number {
  let at = from;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return text.length;
    let slash = at;
    while (text.charAt(slash - 1) === '\\') slash -= 1;
    if ((at - slash) % 2 === 0) return at + 1;
  }
}

/** Reads a text; throws the `SyntaxError` of `JSON.parse` when it is not JSON. */
export function readJson(text: string): Json {
  JSON.parse(text);
  const walk = new Walk(text);
  return walk.value();
}

/** The same, null when it is not JSON. */
export function readJsonIfAny(text: string): Json | null {
  try {
    return readJson(text);
  } catch {
    return null;
  }
}

/** The value of a member; of members with one name the last, as `JSON.parse` has it. */
export function member(json: Json | null, name: string): Json | null {
  if (json?.kind !== 'object') return null;
  return json.members.findLast(([own]) => own === name)?.[1] ?? null;
}

class Walk {
  #tokens: Generator<Token, undefined>;
  #next: Token | undefined;
  #end = 0;

  constructor(readonly text: string) {
    this.#tokens = tokens(text);
    this.#step();
  }

  #step(): void {
    this.#next = this.#tokens.next().value;
  }

  #take(): string {
    const token = this.#next?.text ?? '';
    this.#end = (this.#next?.from ?? 0) + token.length;
    this.#step();
    return token;
  }

  #at(token: string): boolean {
    return this.#next?.text === token;
  }

  value(): Json {
    const from = this.#next?.from ?? 0;
    const token = this.#take();
    if (token === '{') {
      const members = this.#series('}', (): [string, Json] => {
        const name = JSON.parse(this.#take()) as string;
        this.#take();
        return [name, this.value()];
      });
      return { kind: 'object', members, text: this.text.slice(from, this.#end) };
    }
    if (token === '[') {
      const items = this.#series(']', () => this.value());
      return { kind: 'list', items, text: this.text.slice(from, this.#end) };
    }
    if (token.startsWith('"')) return { kind: 'string', value: JSON.parse(token) as string, text: token };
    if (token === 'null') return { kind: 'null', text: token };
    return { kind: token === 'true' || token === 'false' ? 'boolean' : 'number', text: token };
  }

  #series<T>(close: string, one: () => T): T[] {
    const list: T[] = [];
    while (!this.#at(close)) {
      list.push(one());
      if (this.#at(',')) this.#take();
    }
    this.#take();
    return list;
  }
}

/** The same JSON, indented by two; every string and number as it was written. Other text as it is. */
export function indented(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  const parts: string[] = [];
  let depth = 0;
  let before = '';
  const line = () => `\n${'  '.repeat(Math.min(depth, MAX_INDENT))}`;
  for (const { text: token } of tokens(text)) {
    const isClose = token === '}' || token === ']';
    const wasOpen = before === '{' || before === '[';
    if (isClose) depth -= 1;
    if (isClose ? !wasOpen : wasOpen || before === ',') parts.push(line());
    parts.push(token === ':' ? ': ' : token);
    if (token === '{' || token === '[') depth += 1;
    before = token;
  }
  return parts.join('');
}
