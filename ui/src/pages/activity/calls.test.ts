import { expect, test } from 'vitest';
import type { Api } from '$lib/api/client';
import { callHref, hasGap, merged, toolOf } from './calls';

const of = (...ids: number[]) => ids.map((id) => ({ id }) as Api['CallView']);
const ids = (calls: Api['CallView'][]) => calls.map((call) => call.id);

test.each([
  [
    [3, 2, 1],
    [4, 5],
    [5, 4, 3, 2, 1],
  ],
  [
    [3, 2, 1],
    [3, 4],
    [4, 3, 2, 1],
  ],
  [
    [9, 8],
    [7, 6],
    [9, 8, 7, 6],
  ],
  [[9, 7], [8], [9, 8, 7]],
  [[], [1, 2], [2, 1]],
  [[2, 1], [], [2, 1]],
])('%o and %o are %o', (calls, more, expected) => {
  expect(ids(merged(of(...calls), of(...more), 100))).toEqual(expected);
});

test('the oldest leave when there are too many', () => {
  expect(ids(merged(of(3, 2, 1), of(5, 4), 3))).toEqual([5, 4, 3]);
});

test.each([
  [null, [7], false],
  [3, [], false],
  [3, [4, 5], false],
  [3, [5, 4], false],
  [3, [3, 4], false],
  [3, [5, 6], true],
  [3, [4, 6], true],
  [8, [2, 3], false],
])('after %s, %o leaves a gap: %s', (lastId, fresh, expected) => {
  expect(hasGap(lastId, of(...fresh))).toBe(expected);
});

test('a call that is not recorded has its place by its time, and no page of its own', () => {
  const at = (id: number, at_ms: number) => ({ id, at_ms, duration_us: 0 }) as Api['CallView'];
  const unrecorded = 2 ** 52;
  const before = [at(unrecorded, 5), at(2, 3)];
  expect(ids(merged(before, [at(3, 8), at(4, 9)], 9))).toEqual([4, 3, unrecorded, 2]);
  expect([callHref(at(unrecorded, 5)), callHref(at(4, 9), '?q=a')]).toEqual([undefined, '/activity/4?q=a']);
});

test('finds the tool that was called, also where two upstreams have one name', () => {
  const tool = (upstream: string, own_name: string, name = own_name) => ({ upstream, own_name, name });
  const items = [
    tool('a', 'search'),
    tool('b', 'search'),
    tool('b', 'find', 'b_find'),
    tool('b', 'x', 'find'),
  ];
  const check = (target: string, upstream: string | null) => {
    const found = toolOf({ target, upstream }, items);
    return found && `${found.upstream} ${found.own_name}`;
  };
  expect(check('search', 'b')).toBe('b search');
  expect(check('search', null)).toBe('a search');
  expect(check('b_find', 'b')).toBe('b find');
  expect(check('find', 'b'), 'the name that is shown comes first').toBe('b x');
  expect(check('search', 'gone')).toBeUndefined();
});
