import { expect, it } from 'vitest';
import { DOTS, masked } from './secret';

it('a secret is gone wherever it stood', () => {
  expect(masked('Bearer hgk_a, and hgk_a', 'hgk_a')).toBe(`Bearer ${DOTS}, and ${DOTS}`);
  expect(masked('nothing in it', '')).toBe('nothing in it');
});
