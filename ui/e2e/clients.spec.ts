import { McpClient } from './mcp';
import { expect, test } from './test';

test('a client gets a key that is told once, and its first call is seen', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/clients?new=1');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('mine');
  await dialog.getByRole('button', { name: 'Create the key' }).click();
  await expect(dialog.getByText(`${gate.url}/mcp`).first()).toBeVisible();
  await expect(dialog.getByText('Waiting for mine to connect…')).toBeVisible();
  // Until it is revealed, the key is in no text of the page.
  expect(await page.content()).not.toMatch(/hgk_[\w-]{20}/);
  const key = (await gate.ask<{ key: string }>('POST', '/api/clients/mine/key')).key;
  const client = await McpClient.open(gate, key);
  await client.call('missing', {});
  await expect(dialog.getByText(/^mine called missing: /)).toBeVisible();
  await client.call('echo', { message: 'hi' });
  await expect(dialog.getByText(/^mine called echo, /), 'a good call takes its place').toBeVisible();
  // It is told once, so that no slip takes it away.
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('link', { name: /mine/ }).first()).toBeVisible();
});

test('nothing leads away from a key that is told once', async ({ open, page, gate }) => {
  await gate.client('old');
  await open('/upstreams');
  await page.getByRole('link', { name: 'Clients' }).click();
  await page.getByRole('button', { name: 'Add a client' }).click();
  const dialog = page.getByRole('dialog');
  let answer = () => {};
  const answered = new Promise<void>((done) => (answer = done));
  await page.route('**/api/clients', async (route) => {
    await answered;
    await route.continue();
  });
  await dialog.getByLabel('Name').fill('mine');
  await dialog.getByRole('button', { name: 'Create the key' }).click();
  await page.keyboard.press('Escape');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog, 'the key is on its way').toBeVisible();
  answer();
  const key = dialog.getByRole('group', { name: 'Key' });
  const notice = page.getByRole('region', { name: 'Messages' }).getByText('told only once');
  await expect(key).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.goBack();
  await expect(notice).toBeVisible();
  await expect(page).toHaveURL(/clients\?new=1$/);
  await expect(dialog).toHaveCount(1);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page).toHaveURL(/clients\/mine$/);

  await page.getByRole('button', { name: 'New key' }).click();
  await dialog.getByRole('button', { name: 'New key' }).click();
  await expect(key).toBeVisible();
  await page.goBack();
  await expect(key).toBeVisible();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await page.goBack();
  await expect(page).toHaveURL(/upstreams$/);
});

test('a client gets a key though the known programs could not be loaded', async ({ open, page, watch }) => {
  watch.allow(/status of 500/);
  await page.route('**/api/clients/known', (route) => route.fulfill({ status: 500 }));
  await open('/clients?new=1');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByText('The known clients could not be loaded')).toBeVisible();
  await dialog.getByRole('button', { name: 'Create the key' }).click();
  await expect(dialog.getByText('Waiting for client to connect…')).toBeVisible();
});

test('a client that is gone has ways on', async ({ open, page }) => {
  await open('/clients/nobody');
  await page.getByRole('link', { name: 'All clients' }).click();
  await expect(page).toHaveURL(/\/clients$/);
});

test('how a client connects can be seen again, without its key', async ({ open, page, gate }) => {
  const key = await gate.client('cursor');
  await open('/clients/cursor');
  const main = page.locator('main');
  await expect(main.getByText(`${gate.url}/mcp`).first()).toBeVisible();
  const snippet = main.getByRole('region', { name: 'What to paste, json' });
  await expect(snippet).toContainText('Bearer YOUR_KEY');
  await expect(
    main.getByRole('region', { name: 'Client', exact: true }).getByText('.cursor/mcp.json'),
  ).toBeVisible();
  await main.getByRole('radio', { name: 'Without a key' }).click();
  await expect(snippet).toContainText('"--client"');
  expect(await page.content()).not.toContain(key);
});
