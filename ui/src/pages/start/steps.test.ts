import { describe, expect, it } from 'vitest';
import { isShown, stepsOf, toolToTry, type Known } from './steps';

function call(id: number, client: string, outcome = 'ok', method = 'tools/call') {
  return { id, client, outcome, method, target: 'echo', duration_us: 12_000 };
}
type Call = ReturnType<typeof call>;

function steps(known: Partial<Known<Call>>) {
  return stepsOf({ upstreams: 0, connected: [], calls: [], ...known });
}

describe('the steps of a first run', () => {
  it('begin with an upstream', () => {
    expect(steps({})).toMatchObject({ hasUpstream: false, next: 'add' });
  });

  it('go on with a try', () => {
    expect(steps({ upstreams: 1 })).toMatchObject({ hasUpstream: true, tried: null, next: 'try' });
  });

  it('count a good call of the window as the try', () => {
    const tried = call(4, 'headgate');
    expect(steps({ upstreams: 1, calls: [call(9, 'headgate'), tried] })).toMatchObject({
      tried,
      next: 'connect',
    });
  });

  it('take the command line for the person, and for no client', () => {
    const tried = call(4, 'headgate-cli');
    expect(steps({ upstreams: 1, connected: ['headgate-cli'], calls: [tried] })).toMatchObject({
      tried,
      answered: null,
      waitingFor: null,
      next: 'connect',
    });
  });

  it.each([
    ['a failed call', call(1, 'headgate', 'tool_error')],
    ['a cancelled call', call(1, 'headgate', 'cancelled')],
    ['a look at a list', call(1, 'headgate', 'ok', 'tools/list')],
  ])('do not count %s', (_, seen) => {
    expect(steps({ upstreams: 1, calls: [seen] })).toMatchObject({ tried: null, next: 'try' });
  });

  it('name the client that is connected and silent', () => {
    const calls = [call(1, 'headgate')];
    expect(steps({ upstreams: 1, connected: ['headgate', 'claude'], calls })).toMatchObject({
      waitingFor: 'claude',
      next: 'connect',
    });
  });

  it("end with a client's first good call", () => {
    const calls = [call(7, 'claude'), call(1, 'headgate'), call(3, 'claude')];
    expect(steps({ upstreams: 1, connected: ['claude'], calls })).toMatchObject({
      answered: call(3, 'claude'),
      waitingFor: null,
      next: null,
    });
  });

  it('keep their order when a client was quicker than the person', () => {
    expect(steps({ upstreams: 1, calls: [call(3, 'claude')] })).toMatchObject({
      answered: call(3, 'claude'),
      next: 'try',
    });
  });
});

it('shows the strip until it is over, and its end only to who saw it before', () => {
  const table = [
    [null, false, true],
    [null, true, false],
    ['open', false, true],
    ['open', true, true],
    ['over', false, false],
    ['over', true, false],
  ] as const;
  for (const [kept, isDone, shown] of table) expect(isShown(kept, isDone)).toBe(shown);
});

describe('the tool to try', () => {
  const tool = (upstream: string, own_name: string, change = {}) => {
    return { name: own_name, own_name, upstream, on: true, held_back: false, definition: {}, ...change };
  };

  it("is the demo's echo", () => {
    const items = [tool('github', 'search'), tool('demo', 'add'), tool('demo', 'echo', { name: 'd_echo' })];
    expect(toolToTry(items, ['demo'])?.name).toBe('d_echo');
  });

  it('is the first that can be called without one', () => {
    const items = [
      tool('a', 'off', { on: false }),
      tool('a', 'held', { held_back: true }),
      tool('b', 'search'),
    ];
    expect(toolToTry(items, [])?.name).toBe('search');
    expect(toolToTry([], [])).toBeNull();
  });

  it('is what only reads, then what needs no arguments, and what destroys only when there is nothing else', () => {
    const drop = tool('a', 'drop', { definition: { annotations: { destructiveHint: true } } });
    const write = tool('a', 'write', { definition: { inputSchema: { required: ['text'] } } });
    const list = tool('a', 'list', { definition: { inputSchema: { required: [] } } });
    const read = tool('a', 'read', {
      definition: { annotations: { readOnlyHint: true }, inputSchema: { required: ['path'] } },
    });
    expect(toolToTry([drop, write, list, read], [])?.name).toBe('read');
    expect(toolToTry([drop, write, list], [])?.name).toBe('list');
    expect(toolToTry([drop, write], [])?.name).toBe('write');
    expect(toolToTry([drop], [])?.name).toBe('drop');
  });
});
