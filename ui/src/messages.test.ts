import { readFileSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';

type Messages = Record<string, unknown>;

const files = readdirSync('messages/en');

function read(locale: string, file: string): Messages {
  return JSON.parse(readFileSync(`messages/${locale}/${file}`, 'utf8')) as Messages;
}

function variables(message: unknown): string[] {
  return [...new Set(JSON.stringify(message).match(/(?<!\\)\{\w+\}/g))].toSorted();
}

it.each(files)('every language has every message of %s, with the same variables', (file) => {
  const [english, german] = [read('en', file), read('de', file)];
  expect(Object.keys(german).toSorted()).toEqual(Object.keys(english).toSorted());
  for (const [key, message] of Object.entries(english)) {
    expect(variables(german[key]), key).toEqual(variables(message));
  }
});

it('no key is in two files', () => {
  const keys = files.flatMap((file) => Object.keys(read('en', file)));
  expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
});

it('messages are calm', () => {
  for (const file of files) {
    for (const [key, message] of Object.entries(read('en', file))) {
      expect(JSON.stringify(message), key).not.toMatch(/!"|! |[Ss]uccessfully|[Oo]ops/);
    }
  }
});

it('a number that chooses the grammar is shown as the language writes it', () => {
  for (const locale of ['en', 'de']) {
    for (const file of files) {
      for (const [key, message] of Object.entries(read(locale, file))) {
        if (!Array.isArray(message)) continue;
        expect(JSON.stringify(message), key).toContain('local shown = count: number');
        expect(variables(message), key).toEqual(['{shown}']);
      }
    }
  }
});
