import { expect, it } from 'vitest';
import type { Api } from '$lib/api/client';
import {
  chosenDefinition,
  formAsText,
  formSecrecy,
  isName,
  missingSecrets,
  type Choices,
  type FormFields,
} from './definition';
import { proposal as proposed } from './fixtures';

const proposal: Api['Proposal'] = {
  ...proposed('github'),
  secrets: [
    { name: 'TOKEN', given: true },
    { name: 'KEY', given: false },
  ],
  definition: {
    name: 'github',
    transport: { type: 'stdio', command: 'npx', args: ['server'] },
    secrets: { TOKEN: 'pasted' },
  },
};

const choices: Choices = {
  proposal,
  name: 'github',
  prefix: '',
  isolation: 'shared',
  isKeptWarm: false,
  isEnabled: true,
  secrets: {},
  off: [],
  renamed: {},
};

it('asks for the secrets that were not told', () => {
  expect(missingSecrets(proposal, {})).toEqual(['KEY']);
  expect(missingSecrets(proposal, { KEY: '' })).toEqual(['KEY']);
  expect(missingSecrets(proposal, { KEY: 'x' })).toEqual([]);
});

it('posts what was read, with what a person chose', () => {
  expect(chosenDefinition(choices)).toMatchObject({ name: 'github', secrets: { TOKEN: 'pasted' } });
  const chosen = chosenDefinition({
    ...choices,
    name: 'gh',
    prefix: 'gh',
    isolation: 'session',
    secrets: { KEY: 'k', TOKEN: '' },
    off: ['search'],
    renamed: { search: 'find', list: 'list_all', get: '' },
  });
  expect(chosen).toMatchObject({
    name: 'gh',
    prefix: 'gh',
    isolation: 'session',
    secrets: { TOKEN: 'pasted', KEY: 'k' },
    tool_choices: { search: { off: true, name: 'find' }, list: { name: 'list_all' } },
  });
});

const form: FormFields = { kind: 'stdio', name: '', command: '', args: '', cwd: '', url: '', values: [] };

it('writes a form as settings, when there is something to run or call', () => {
  const check = (fields: Partial<FormFields>, expected: unknown) => {
    const text = formAsText({ ...form, ...fields });
    expect(text === null ? null : JSON.parse(text)).toEqual(expected);
  };
  check({}, null);
  check({ kind: 'http', command: 'npx' }, null);
  check({ command: ' npx ' }, { command: 'npx' });
  check(
    {
      name: 'a',
      command: 'npx',
      args: '-y\nwith space\n',
      cwd: '/x',
      values: [{ name: 'A', value: ' 1 ', isSecret: true }],
    },
    { mcpServers: { a: { command: 'npx', args: ['-y', 'with space'], cwd: '/x', env: { A: ' 1 ' } } } },
  );
  check(
    {
      kind: 'http',
      url: 'https://x/mcp',
      values: [
        { name: 'Authorization', value: 'Bearer t', isSecret: true },
        { name: '', value: 'lost', isSecret: true },
      ],
    },
    { type: 'http', url: 'https://x/mcp', headers: { Authorization: 'Bearer t' } },
  );
});

it('knows which names the gateway takes', () => {
  expect(['github', 'a', '7zip.tools_v-2', 'x'.repeat(64)].every(isName)).toBe(true);
  expect(['', 'my server', '-a', '.a', 'ä', 'x'.repeat(65), 'a\n'].some(isName)).toBe(false);
});

it('says of each value in the form whether it is secret', () => {
  const values = [
    { name: ' URL ', value: 'x', isSecret: true },
    { name: 'MODE', value: 'y', isSecret: false },
    { name: 'EMPTY', value: '', isSecret: true },
    { name: '', value: 'lost', isSecret: true },
  ];
  expect(formSecrecy({ ...form, values })).toEqual([
    { name: 'URL', isSecret: true },
    { name: 'MODE', isSecret: false },
  ]);
});
