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

test('the palette does what the pages do, and asks where they ask', async ({ open, page, gate }) => {
  await gate.addDemo();
  await gate.client('editor');
  await open('/upstreams/demo');
  const palette = page.getByRole('dialog', { name: 'Go anywhere, do anything' });
  const act = async (search: string, option: string) => {
    await page.keyboard.press('Control+k');
    await expect(palette.getByRole('option').first()).toBeVisible();
    await page.keyboard.type(search);
    await palette.getByRole('option', { name: option, exact: true }).click();
    await expect(palette).toBeHidden();
  };
  await page.keyboard.press('Control+k');
  await expect(palette.getByRole('option', { name: 'Save a backup' })).toBeVisible();
  await expect(palette.getByRole('option', { name: /demo off/ }), 'not unasked').toHaveCount(0);
  await page.keyboard.press('Escape');
  await act('demo off', 'Switch demo off');
  await expect(page.locator('main').getByRole('button', { name: 'Switch on' }).first()).toBeVisible();
  await act('demo on', 'Switch demo on');
  await act('logs', 'Show logs of demo');
  await expect(page).toHaveURL(/\/upstreams\/demo\/logs$/);
  await act('dark', 'Theme: Dark');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await act('privacy', 'Settings: Privacy');
  await expect(page).toHaveURL(/\/settings\/privacy$/);
  await open('/clients/editor');
  await act('remove editor', 'Remove editor Clients');
  await page.getByRole('dialog').getByRole('button', { name: 'Remove editor' }).click();
  await expect(page.getByText('editor is removed.')).toBeVisible();
  await expect(page).toHaveURL(/\/clients$/);
  await act('remove demo', 'Remove demo');
  await expect(page.getByText('demo is removed.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await open('/upstreams/demo');
  await expect(page.getByRole('heading', { name: 'demo', exact: true })).toBeVisible();
});
