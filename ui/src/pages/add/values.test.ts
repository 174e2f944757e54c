import { expect, it } from 'vitest';
import { proposal } from './fixtures';
import { wantsKey, withChanges, type ValueChange } from './values';

const server = proposal('db');
const read = {
  ...server,
  transport: {
    type: 'stdio' as const,
    command: 'db',
    env: {
      MODE: 'fast',
      URL: 'plain',
      KEY: { secret_needed: 'KEY' },
      ASKED: { secret_needed: 'ASKED' },
    },
  },
  definition: { ...server.definition, secrets: { KEY: 'known' } },
};

it('keeps each value as a person says', () => {
  const check = (changes: ValueChange[], env: object, secrets: object) => {
    const { transport, secrets: kept } = withChanges(read, changes);
    expect([transport, kept]).toEqual([{ type: 'stdio', command: 'db', env }, secrets]);
  };
  const { MODE, URL, KEY, ASKED } = read.transport.env;
  check([{ name: 'URL', isSecret: true }], { MODE, KEY, ASKED }, { KEY: 'known', URL: 'plain' });
  check([{ name: 'KEY', isSecret: false }], { MODE, URL, ASKED, KEY: 'known' }, {});
  check([{ name: 'KEY', isSecret: false, value: 'typed' }], { MODE, URL, ASKED, KEY: 'typed' }, {});
  check([{ name: 'ASKED', isSecret: false }], { MODE, URL, KEY, ASKED }, { KEY: 'known' });
  check([{ name: 'URL', isSecret: false, value: null }], { MODE, KEY, ASKED }, { KEY: 'known' });
  const twice = [
    { name: 'NEW', isSecret: true, value: 'x' },
    { name: 'NEW', isSecret: false },
  ];
  check(twice, { MODE, URL, KEY, ASKED, NEW: 'x' }, { KEY: 'known' });
});

it('knows when a server wants a key', () => {
  const check = (sentence: string | null, expected: boolean) => expect(wantsKey(sentence)).toBe(expected);
  check('`far` does not work: it refused with HTTP 401 Unauthorized: no key', true);
  check('it refused with HTTP 403 Forbidden: ', true);
  check('`far` needs its secret `KEY`, which has no value', true);
  check('`far` needs secrets that are not here: KEY', true);
  check('it refused with HTTP 404 Not Found: ', false);
  check('port 4013 is taken', false);
  check(null, false);
});
