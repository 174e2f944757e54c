import { McpClient } from './mcp';
import { expect, test } from './test';

test('calls appear as they end, are filtered in the URL, looked at, and run again', async ({
  open,
  page,
  gate,
}) => {
  await gate.addDemo();
  await open('/activity');
  await expect(page.getByText('No calls yet')).toBeVisible();
  const client = await McpClient.open(gate, await gate.client('claude'));
  await client.call('echo', { message: 'first of all' });
  await client.call('missing');
  const calls = page.getByRole('list', { name: 'Calls, newest first' });
  await expect(calls.getByText('echo')).toBeVisible();
  await expect(calls.getByText('missing')).toBeVisible();
  await page.getByRole('searchbox').fill('ech');
  await expect(calls.getByText('missing')).toBeHidden();
  await expect(page).toHaveURL(/[?&]q=ech/);
  await page.reload();
  await expect(calls.getByText('echo')).toBeVisible();
  await expect(calls.getByText('missing')).toBeHidden();
  await calls.getByRole('link', { name: /echo/ }).click();
  await expect(page.getByText('first of all').first()).toBeVisible();
  await expect(page).toHaveTitle('echo · Activity · Headgate');
  await page.getByRole('button', { name: 'Run again' }).click();
  await expect(page).toHaveURL(/\/tools\/echo/);
  await expect(page.getByRole('region', { name: 'Try it' }).getByRole('textbox').first()).toHaveValue(
    'first of all',
  );
});

test('while it is paused new calls wait and are counted', async ({ open, page, gate }) => {
  await gate.addDemo();
  const client = await McpClient.open(gate, await gate.client('claude'));
  await client.call('echo', { message: 'before' });
  await gate.recorded(1);
  await open('/activity');
  const calls = page.getByRole('list', { name: 'Calls, newest first' });
  await expect(calls.getByText('echo')).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await client.call('add', { a: 1, b: 2 });
  await page.getByRole('button', { name: '1 new call' }).click();
  await expect(calls.getByText('add', { exact: true })).toBeVisible();
});
