import { McpClient } from './mcp';
import { expect, test } from './test';

test('from nothing to the first green call in three clicks, and on to a client', async ({
  open,
  page,
  gate,
}) => {
  await open('/');
  await expect(page).toHaveURL(/\/upstreams$/);
  const strip = page.getByRole('region', { name: 'First steps' });
  await strip.getByRole('button', { name: 'Use the demo' }).click();
  await strip.getByRole('link', { name: 'Try echo' }).click();
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText('Answered', { exact: true })).toBeVisible();
  await expect(page.getByText('Hello from Headgate').last()).toBeVisible();

  await page.getByRole('link', { name: /^Upstreams/ }).click();
  await expect(strip.getByText(/^echo answered in /)).toBeVisible();
  const client = await McpClient.open(gate, await gate.client('claude'));
  await expect(strip.getByText(/^claude is connected/)).toBeVisible();
  await client.call('missing');
  await expect(strip.getByText(/^claude is connected/), 'a call that fails is none yet').toBeVisible();
  await client.call('echo', { message: 'hi' });
  const end = page.getByRole('region', { name: 'First steps' });
  await expect(end.getByText(/^claude called echo, /)).toBeVisible();
  await page.getByRole('link', { name: /^Sessions/ }).click();
  await page.getByRole('link', { name: /^Upstreams/ }).click();
  await expect(page.getByRole('link', { name: 'demo', exact: true }).first()).toBeVisible();
  await expect(strip).toBeHidden();
});
