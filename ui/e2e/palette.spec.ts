import { expect, test } from './test';

test('the palette goes anywhere by the keyboard alone', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/upstreams');
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Go anywhere, do anything' });
  const input = palette.getByRole('combobox');
  await expect(input).toBeFocused();
  await page.keyboard.type('slow');
  await expect(palette.getByRole('option', { name: 'slow' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/tools\/slow$/);
  await expect(palette).toBeHidden();
  const field = page.getByRole('searchbox');
  await field.focus();
  await page.keyboard.press('Control+k');
  await expect(input).toBeFocused();
  await page.keyboard.type('zzzz');
  await expect(palette.getByText('Nothing fits')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(palette).toBeHidden();
  await expect(field, 'the focus is back where it was').toBeFocused();
});

test('a slash goes to the search of the page, and arrows through its list', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/tools');
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('a');
  await page.getByRole('list', { name: 'Tools' }).getByRole('link').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Home');
  await expect(page.getByRole('list', { name: 'Tools' }).getByRole('link').first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/tools\/\w+/);
});
