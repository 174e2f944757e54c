import { describe, expect, it } from 'vitest';
import type { Api } from '$lib/api/client';
import { entryOf, listed, opened, sharesOf, type Filter } from './list';

function tool(name: string, more: Partial<Api['ToolItem']> & { description?: string } = {}): Api['ToolItem'] {
  const { description = '', ...rest } = more;
  const definition: object = { name, description, annotations: { readOnlyHint: true } };
  return {
    name,
    own_name: name,
    upstream: 'up',
    on: true,
    held_back: false,
    renamed: false,
    definition: definition as Api['ToolItem']['definition'],
    ...rest,
  };
}

const all = [
  tool('many_10', { tokens: 5 }),
  tool('many_9', { tokens: 50, on: false }),
  tool('Search', { upstream: 'github', description: 'Finds\n  issues', tokens: null }),
  tool('search', { upstream: 'docs', held_back: true, tokens: 7 }),
].map(entryOf);
const none: Filter = { search: '', upstream: '', status: '', order: 'catalog' };
const names = (filter: Partial<Filter>) => listed(all, { ...none, ...filter }).map(({ key }) => key);

describe('listed', () => {
  it.each<[Partial<Filter>, string[]]>([
    [{}, ['up many_10', 'up many_9', 'github Search', 'docs search']],
    [{ search: 'SEARCH' }, ['github Search', 'docs search']],
    [{ search: ' issues  git ' }, ['github Search']],
    [{ upstream: 'docs' }, ['docs search']],
    [{ status: 'off' }, ['up many_9']],
    [{ status: 'held' }, ['docs search']],
    [{ search: 'many', order: 'name' }, ['up many_9', 'up many_10']],
    [{ order: 'tokens' }, ['up many_9', 'docs search', 'up many_10', 'github Search']],
    [{ search: 'nothing' }, []],
  ])('%j', (filter, expected) => {
    expect(names(filter)).toEqual(expected);
  });

  it('finds among 4,000 within 50 ms', () => {
    const crowd = Array.from({ length: 4000 }, (_, at) =>
      entryOf(tool(`tool_${at}`, { description: 'word '.repeat(80) })),
    );
    const filter: Filter = { ...none, search: 'word 3999', order: 'name' };
    // The quickest of some, since another program may have the processor.
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now();
      expect(listed(crowd, filter)).toHaveLength(1);
      return performance.now() - started;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });
});

it('opens of two tools of one name the one that is asked for, else the one that clients get', () => {
  const held = tool('search', { upstream: 'docs', held_back: true });
  const two = [held, tool('search', { upstream: 'github' })];
  expect(opened(two, 'search', 'docs')?.upstream).toBe('docs');
  expect(opened(two, 'search', '')?.upstream).toBe('github');
  expect(opened([held], 'search', 'gone')?.upstream).toBe('docs');
  expect(opened(two, 'find', '')).toBeUndefined();
});

it('gives a row one line', () => {
  expect(entryOf(tool('a', { description: ' one\n\n two ' })).line).toBe('one two');
});

it('orders what upstreams cost', () => {
  const upstreams = { a: 5, b: 20 };
  expect(sharesOf({ encoding: 'x', total: 25, upstreams })).toEqual([
    { upstream: 'b', tokens: 20, share: 1 },
    { upstream: 'a', tokens: 5, share: 0.25 },
  ]);
});
