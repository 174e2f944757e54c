/** The details of one upstream, while it works. */
import { McpClient } from './mcp';
import { expect, test } from './test';

test('paused lines stay while calls come', async ({ open, page, gate }) => {
  await gate.addFake('loud', ['--download', '2']);
  const client = await McpClient.open(gate, await gate.client('claude'));
  await client.call('error');
  await open('/upstreams/loud/logs');
  const log = page.getByRole('log');
  await expect(log.getByText('stderr').first()).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  const lines = await log.textContent();
  for (let call = 0; call < 3; call++) await client.call('error');
  await expect(page.getByText('4 errors')).toBeVisible();
  expect(await log.textContent()).toBe(lines);
});
