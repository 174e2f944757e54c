import { Gate } from './gate';
import { actAsApp, expect, test } from './test';

test('a setting is changed, and taken back', async ({ open, page, gate }) => {
  await open('/settings/gateway');
  const field = page.getByLabel('An unused upstream sleeps after', { exact: true });
  await field.fill('120');
  await field.press('Enter');
  const value = async () => {
    const { settings } = await gate.get<{ settings: { key: string; value: unknown }[] }>('/api/settings');
    return settings.find(({ key }) => key === 'upstream_sleep')?.value;
  };
  await expect.poll(value).toBe(120);
  const undo = page.getByRole('button', { name: 'Undo' });
  await undo.focus();
  await undo.press('Enter');
  await expect.poll(value).toBe(600);
  await expect(page.locator('body'), 'the focus is somewhere').not.toBeFocused();
});

test('what is typed while the gateway is away is saved when it is back', async ({ page, gate, watch }) => {
  watch.allow(/ERR_/);
  await actAsApp(page, gate);
  await page.goto(`${gate.url}/settings/gateway`);
  const field = page.getByLabel('An unused upstream sleeps after', { exact: true });
  await field.fill('12');
  await gate.kill();
  await expect(page.getByRole('group', { name: 'Gateway does not answer' })).toBeVisible();
  await expect(field, 'who types goes on').toBeFocused();
  await field.press('End');
  await page.keyboard.type('0');
  await field.press('Tab');
  await expect(page.getByText('Not saved yet')).toBeVisible();
  await page.getByRole('link', { name: 'Appearance' }).click();
  await gate.up();
  await expect(page.getByText(/sleeps after: it was/)).toBeVisible();
  await page.getByRole('link', { name: 'Gateway', exact: true }).click();
  await expect(field).toHaveValue('2 min');
});

test('a section that is no section says so', async ({ open, page }) => {
  await open('/settings/toString');
  await expect(page.getByText('There is nothing here')).toBeVisible();
});

test.describe('with a variable in its environment', () => {
  test.use({
    // eslint-disable-next-line no-empty-pattern
    gate: async ({}, use) => {
      const gate = await Gate.start({ HEADGATE_RECORDING_DAYS: '3' });
      await use(gate);
      await gate.stop();
    },
  });

  test('the gateway says which one wins', async ({ open, page }) => {
    await open('/settings/privacy');
    await expect(page.getByText('The environment variable HEADGATE_RECORDING_DAYS says')).toBeVisible();
    await expect(page.getByLabel('Keep calls for', { exact: true })).toBeDisabled();
  });
});

test('theme and language are chosen, and stay', async ({ open, page }) => {
  await open('/settings/appearance');
  await page.getByText('Dark', { exact: true }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByText('Deutsch', { exact: true }).click();
  await expect(page.getByRole('link', { name: 'Einstellungen' })).toBeVisible();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
});

test('a backup is saved, and shows what it would change before it is restored', async ({
  open,
  page,
  gate,
}) => {
  await gate.addDemo();
  await open('/settings/backup');
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a file' }).click();
  const file = await (await saved).path();
  await gate.ask('DELETE', '/api/upstreams/demo');
  await page.locator('input[type=file]').setInputFiles({
    name: 'backup.json',
    mimeType: 'application/json',
    buffer: await (await import('node:fs/promises')).readFile(file),
  });
  await expect(page.getByText('1 thing would change')).toBeVisible();
  await expect(page.getByText('headgate demo')).toBeVisible();
  expect((await gate.get<{ upstreams: unknown[] }>('/api/upstreams')).upstreams).toEqual([]);
  await page.getByRole('button', { name: 'Restore 1 thing' }).click();
  await expect(page.getByText('1 thing is restored')).toBeVisible();
  expect((await gate.get<{ upstreams: unknown[] }>('/api/upstreams')).upstreams).toHaveLength(1);
});
