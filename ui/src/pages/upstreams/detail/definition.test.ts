import { expect, test } from 'vitest';
import { draftOf, isChanged, lackOf, transportOf } from './definition';

const COMMAND = {
  type: 'stdio' as const,
  command: 'npx',
  args: ['-y', 'two words', ''],
  env: { LEVEL: 'debug', TOKEN: { secret: 'x/TOKEN/1' } },
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
  const draft = draftOf(COMMAND);
  draft.values = draft.values.filter(({ name }) => name !== 'TOKEN');
  expect(isChanged(COMMAND, draft)).toBe(true);
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
