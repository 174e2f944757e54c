import { expect, test } from 'vitest';
import { draftOf, isChanged, lackOf, secretsToGiveAgain, transportOf } from './definition';

const COMMAND = {
  type: 'stdio' as const,
  command: 'npx',
  args: ['-y', 'two words', ''],
  env: { LEVEL: 'debug', TOKEN: { secret: 'x/TOKEN/1' } },
};
const SITE = {
  type: 'http' as const,
  url: 'https://example.com/mcp',
  headers: { Key: { secret: 'x/Key/1' } },
};

test('a definition survives being edited', () => {
  expect(transportOf(draftOf(COMMAND))).toEqual({ ...COMMAND, cwd: null });
  expect(isChanged(COMMAND, draftOf(COMMAND))).toBe(false);
});

test('each line is an argument, with its spaces', () => {
  const draft = { ...draftOf(COMMAND), args: 'a b\n c\n' };
  expect(transportOf(draft)).toMatchObject({ args: ['a b', ' c'] });
  expect(isChanged(COMMAND, draft)).toBe(true);
});

test('a secret that is taken away is a change', () => {
  const draft = draftOf(COMMAND, { taken: ['TOKEN'] });
  expect(transportOf(draft)).toMatchObject({ env: { LEVEL: 'debug' } });
  expect(isChanged(COMMAND, draft)).toBe(true);
});

test('a secret that is given while something is typed is kept', () => {
  const typed = { target: 'uvx', values: [{ name: 'LEVEL', value: 'info' }] };
  const env = { LEVEL: 'debug', TOKEN: { secret: 'x/TOKEN/2' }, KEY: { secret: 'x/KEY/1' } };
  expect(transportOf(draftOf({ ...COMMAND, env }, typed))).toEqual({
    ...{ ...COMMAND, cwd: null, command: 'uvx' },
    env: { ...env, LEVEL: 'info' },
  });
});

test.each([
  [COMMAND, { ...COMMAND, command: 'uvx' }, ['TOKEN']],
  [COMMAND, { ...COMMAND, args: [] }, ['TOKEN']],
  [COMMAND, { ...COMMAND, env: { ...COMMAND.env, LEVEL: 'info' } }, []],
  [COMMAND, { ...COMMAND, command: 'uvx', env: {} }, []],
  [SITE, { ...SITE, url: 'https://example.com/other' }, []],
  [SITE, { ...SITE, url: 'https://example.org/mcp' }, ['Key']],
])('from %j to %j, secrets to give again are %j', (before, after, secrets) => {
  expect(secretsToGiveAgain(before, after)).toEqual(secrets);
});

test('values without a name are left out', () => {
  const draft = draftOf({ type: 'http', url: 'https://example.com/mcp' });
  draft.values.push({ name: ' ', value: 'x' });
  expect(transportOf(draft)).toEqual({ type: 'http', url: 'https://example.com/mcp', headers: {} });
});

test('arguments with line breaks of their own stay as they are', () => {
  const transport = { ...COMMAND, args: ['a\nb', 'c'] };
  expect(transportOf(draftOf(transport))).toMatchObject({ args: ['a\nb', 'c'] });
});

test.each([
  [{ target: ' ' }, 'command'],
  [{ type: 'http' as const, target: 'example.com' }, 'url'],
  [{ type: 'http' as const, target: 'https://example.com' }, null],
  [
    {
      values: [
        { name: 'A', value: '1' },
        { name: 'A ', value: '2' },
      ],
    },
    'twice',
  ],
])('%j lacks %j', (change, lack) => {
  expect(lackOf({ ...draftOf(COMMAND), ...change })).toBe(lack);
});
