import { afterEach, expect, it, vi } from 'vitest';

const own = Object.getOwnPropertyDescriptor(globalThis, 'localStorage');

afterEach(() => {
  if (own) Object.defineProperty(globalThis, 'localStorage', own);
  vi.resetModules();
});

it('stands in for a storage that a browser forbids', async () => {
  const get = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, get });
  await import('./storage');
  localStorage.setItem('a', '1');
  expect(localStorage.getItem('a')).toBe('1');
  localStorage.removeItem('a');
  expect(localStorage.getItem('a')).toBeNull();
});

it('leaves a storage that is allowed alone', async () => {
  const before = globalThis.sessionStorage;
  await import('./storage');
  expect(globalThis.sessionStorage).toBe(before);
});
