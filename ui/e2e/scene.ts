/** What a gateway looks like that somebody lives with: every state of an upstream, sessions, traffic good and bad. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until, type Gate } from './gate';
import { McpClient } from './mcp';
import type { ServerFarm, Tool } from './server';

/** One upstream in each state, two clients with sessions, and calls of every outcome. */
export async function furnish(gate: Gate, farm: ServerFarm): Promise<McpClient> {
  await gate.addDemo();
  await gate.addFake('notes', [
    '--bare',
    '--tool',
    'search notes',
    '--prompt',
    'welcome',
    '--resource',
    'note://1',
  ]);
  await gate.addFake('off', ['--bare', '--tool', 'unseen']);
  await gate.ask('PATCH', '/api/upstreams/off', { enabled: false });
  await farm.add(gate, 'remote', {
    title: 'remote server',
    tools: [{ name: 'fetch page', ...described(3) }],
  });
  await gate.ask('POST', '/api/upstreams/remote/stop');
  await addFailing(gate);
  const claude = await McpClient.open(gate, await gate.client('claude'), {}, 'Claude Code');
  await claude.call('echo', { message: 'hello', token: 'ghp_0123456789abcdefghijklmnopqrstuvwxyz' });
  await claude.call('add', { a: 1, b: 2 });
  await claude.call('add', { a: 'one' });
  await claude.call('missing');
  const cursor = await McpClient.open(gate, await gate.client('cursor'), {}, 'Cursor');
  await cursor.call('echo', { message: 'hi' });
  await gate.recorded(5);
  return claude;
}

/** It worked when it was added, and crashes since. */
async function addFailing(gate: Gate): Promise<void> {
  const permit = join(gate.home, 'permit');
  await writeFile(permit, '');
  await gate.addFake('broken', ['--bare', '--tool', 'never', '--crash', '3', '--unless', permit]);
  await rm(permit);
  await gate.ask('POST', '/api/upstreams/broken/stop');
  await gate.ask('POST', '/api/upstreams/broken/start').catch(() => undefined);
  await until('the broken upstream has failed', async () => {
    const view = await gate.get<{ state: string }>('/api/upstreams/broken');
    return ['failed', 'backing_off'].includes(view.state);
  });
}

function described(parameters: number): Partial<Tool> {
  const names = ['query', 'folder', 'limit', 'cursor', 'format', 'since'].slice(0, parameters);
  return {
    description: 'Finds what was asked for, newest first, and tells where each of it was found.',
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(
        names.map((name) => [name, { type: 'string', description: `The ${name} to use.` }]),
      ),
      required: names.slice(0, 1),
    },
    annotations: { readOnlyHint: true },
  };
}

/** As many upstreams with as many tools each. */
export async function crowd(gate: Gate, farm: ServerFarm, upstreams: number, tools: number): Promise<void> {
  const verbs = [
    'search',
    'list',
    'read',
    'create',
    'update',
    'delete',
    'export',
    'watch',
    'compare',
    'archive',
  ];
  const things = ['documents', 'issues', 'events', 'messages'];
  const numbers = Array.from({ length: upstreams }, (_, at) => at + 1);
  // Registering starts and asks each; a few at a time are quick and no stampede.
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
        const name = `service-${String(number).padStart(3, '0')}`;
        const offered = Array.from({ length: tools }, (_, at) => ({
          name: `${name}_${verbs[at % verbs.length]}_${things[Math.floor(at / verbs.length) % things.length]}`,
          ...described(1 + (at % 6)),
        }));
        await farm.add(gate, name, { title: `${name} server`, tools: offered });
      }
    }),
  );
}

const SCRIPT = '<img src=x onerror="window.wasHacked=true"><script>window.wasHacked=true</script>';
const TURNED = 'safe\u202Egnp.exe\u202C\u200B\u2066';

/** Says everything that a page might take for something else than text. */
export async function addHostile(gate: Gate, farm: ServerFarm): Promise<void> {
  const long = 'Wide'.repeat(2_500);
  const text = { type: 'text', text: `${SCRIPT} ${TURNED} ${long} [link](javascript:window.wasHacked=true)` };
  await farm.add(gate, 'hostile', {
    title: `${SCRIPT}${TURNED}${long}`,
    version: SCRIPT,
    tools: [
      {
        name: 'hostile_markup',
        title: SCRIPT,
        description: `${SCRIPT} ${TURNED}`,
        result: { content: [text] },
      },
      { name: 'hostile_long', title: long, description: long, result: { content: [text] } },
      {
        name: `hostile_${'name'.repeat(28)}`,
        description: 'A long name',
        inputSchema: {
          type: 'object',
          properties: {
            [SCRIPT]: { type: 'string', description: SCRIPT },
            [long]: { type: 'number', title: SCRIPT },
          },
        },
      },
      {
        name: 'hostile_links',
        result: {
          content: [
            { type: 'resource_link', uri: 'javascript:window.wasHacked=true', name: SCRIPT },
            { type: 'image', data: '"><script>', mimeType: 'image/svg+xml' },
            { type: 'image', data: btoa('<svg onload="window.wasHacked=true"/>'), mimeType: 'text/html' },
          ],
          structuredContent: { [SCRIPT]: long, __proto__: { polluted: true } },
        },
      },
    ],
    prompts: [{ name: 'hostile_prompt', title: SCRIPT, description: long }],
    resources: [{ uri: `hostile://${long.slice(0, 2_000)}`, name: SCRIPT, description: SCRIPT }],
  });
}
