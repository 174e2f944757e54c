import { expect, letIn, test } from './test';

test('a browser that forbids pages to keep anything shows the page all the same', async ({ page, gate }) => {
  await gate.addDemo();
  await page.addInitScript(() => {
    const get = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    };
    for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(globalThis, name, { configurable: true, get });
  });
  await letIn(page, gate);
  await page.getByRole('link', { name: /^Settings/ }).click();
  await page.getByRole('link', { name: 'Appearance' }).click();
  await page.getByRole('radio', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});
