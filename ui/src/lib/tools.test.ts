import { expect, it } from 'vitest';
import { hrefOf } from './tools';

it('a tool is found by its name alone when that is clear, else by its upstream too', () => {
  const tool = { name: 'read file', upstream: 'a&b', on: true, held_back: false };
  const check = (change: Partial<typeof tool>, isShared: boolean, query: string) =>
    hrefOf({ ...tool, ...change }, isShared, query);
  expect(check({}, false, '')).toBe('/tools/read%20file');
  expect(check({}, false, 'q=x')).toBe('/tools/read%20file?q=x');
  expect(check({}, true, '')).toBe('/tools/read%20file?of=a%26b');
  expect(check({ held_back: true }, false, 'q=x')).toBe('/tools/read%20file?q=x&of=a%26b');
  expect(check({ on: false }, false, '')).toBe('/tools/read%20file?of=a%26b');
});
