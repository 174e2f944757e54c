import { expect, it } from 'vitest';
import { isWebLink } from './links';

it('knows addresses of the web from those that start programs', () => {
  const all = ['https://a.b/c', 'HTTP://a', 'javascript:alert(1)', 'file:///etc/passwd', 'ms-x:y', 'a.b', ''];
  expect(all.map(isWebLink)).toEqual([true, true, false, false, false, false, false]);
});
