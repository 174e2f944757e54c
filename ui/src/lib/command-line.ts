/** A definition as one line that a person reads before it runs, as the gateway itself writes it. */
import type { Api } from '$lib/api/client';
import { UNSEEN } from '$lib/invisible';

/** The whole command with its folder and environment, or the URL with its headers; secrets as `${NAME}`. */
export function commandLine(transport: Api['Transport']): string {
  switch (transport.type) {
    case 'stdio': {
      const folder = transport.cwd ? [`cd ${quoted(transport.cwd)} &&`] : [];
      const variables = values(transport.env).map(([name, value]) => `${name}=${value}`);
      const words = [apart(transport.command, /=/), ...(transport.args ?? []).map(quoted)];
      return [...folder, ...variables, ...words].join(' ');
    }
    case 'http': {
      const headers = values(transport.headers).map(([name, value]) => `${name}: ${value}`);
      return [quoted(transport.url), ...headers].join(' ');
    }
    case 'demo':
      return 'headgate demo';
  }
}

function values(given: Record<string, Api['ConfigValue']> = {}): [string, string][] {
  return Object.entries(given)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [apart(name, /[=:/,]/), value] as const)
    .map(([name, value]) => [name, typeof value === 'string' ? quoted(value) : `\${${name}}`]);
}

/** A command with a `=` reads as a variable, and a name with one as a shorter name, unless they stand in quotes. */
function apart(word: string, telling: RegExp): string {
  const shown = quoted(word);
  return shown === word && telling.test(word) ? `'${word}'` : shown;
}

const SAFE = /^[\p{Alphabetic}\p{N}@%+=:,./_-]+$/u;

/** A word with nothing hidden and nothing lost: as a shell reads it back, or Headgate where it cannot be seen. */
export function quoted(word: string): string {
  if (word.search(UNSEEN) >= 0) return `$'${escaped(word)}'`;
  return SAFE.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(word: string): string {
  return word
    .replace(/[\\']/g, (character) => `\\${character}`)
    .replace(UNSEEN, (character) => {
      const code = character.codePointAt(0) ?? 0;
      return ESCAPES[character] ?? `\\u{${code.toString(16)}}`;
    });
}
