/** A definition as one line that a person reads before it runs, as the gateway itself writes it. */
import type { Api } from '$lib/api/client';

/** The whole command with its folder and environment, or the URL with its headers; secrets as `${NAME}`. */
export function commandLine(transport: Api['Transport']): string {
  switch (transport.type) {
    case 'stdio': {
      const folder = transport.cwd ? [`cd ${quoted(transport.cwd)} &&`] : [];
      const variables = values(transport.env).map(([name, value]) => `${name}=${value}`);
      const words = [transport.command, ...(transport.args ?? [])].map(quoted);
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
    .map(([name, value]) => [name, typeof value === 'string' ? quoted(value) : `\${${name}}`]);
}

const SAFE = /^[\p{Alphabetic}\p{N}@%+=:,./_-]+$/u;

/** A word as a shell reads it back, with nothing hidden and nothing lost. */
export function quoted(word: string): string {
  if (/\p{Cc}/u.test(word)) return `$'${escaped(word)}'`;
  return SAFE.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

const ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0' };

function escaped(word: string): string {
  return word.replace(/[\p{Cc}\\']/gu, (character) => {
    if (character === '\\' || character === "'") return `\\${character}`;
    const code = character.codePointAt(0) ?? 0;
    return ESCAPES[character] ?? `\\x${code.toString(16).padStart(2, '0')}`;
  });
}
