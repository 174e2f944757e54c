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

/** Every text of every message, in both languages. */
const texts = ['en', 'de'].flatMap((locale) =>
  files.flatMap((file) =>
    Object.entries(read(locale, file)).map(([key, message]) => ({ locale, key, message })),
  ),
);

it('messages are calm', () => {
  for (const { key, message } of texts) {
    expect(JSON.stringify(message), key).not.toMatch(/!["\s]|[Ss]uccessful|[Oo]ops|[Ee]rfolgreich|[Hh]oppla/);
  }
});

it('a number that chooses the grammar is shown as the language writes it', () => {
  for (const { key, message } of texts) {
    if (!Array.isArray(message)) continue;
    // What has no variable is a unit beside its number.
    if (variables(message).length === 0) continue;
    expect(JSON.stringify(message), key).toContain('local shown = count: number');
    expect(variables(message), key).toContain('{shown}');
    expect(variables(message), key).not.toContain('{count}');
  }
});

it('a number before a noun chooses the grammar', () => {
  /** Words that are the same for one and for many. */
  const same = /^(of|in|on|more|shown|found|von|laufend|angezeigt|weitere)$/;
  for (const { key, message } of texts) {
    if (typeof message !== 'string') continue;
    for (const [, word] of message.matchAll(/\{count\} (\p{L}+)/gu)) expect(word, key).toMatch(same);
  }
});

it('German keeps an ellipsis apart from the word, and on its line', () => {
  for (const { locale, key, message } of texts) {
    if (locale === 'de') expect(JSON.stringify(message), key).not.toMatch(/[\p{L}}] ?…/u);
  }
});
