import { McpClient } from './mcp';
import { expect, test } from './test';

test('what the copies take is never drawn as nothing when it could not be had', async ({
  open,
  page,
  gate,
  watch,
}) => {
  watch.allow(/status of 500/);
  await gate.addDemo();
  const client = await McpClient.open(gate, await gate.client('claude'), {}, 'Claude Code');
  await client.call('echo', { message: 'hi' });
  await page.route('**/api/usage', (route) => route.fulfill({ status: 500 }));
  await open('/sessions');
  await page.getByRole('link', { name: /Claude Code/ }).click();
  await expect(page.getByText('What they take could not be loaded')).toBeVisible();
  await expect(page.getByText('None runs for this session now.')).toBeHidden();
  await page.unroute('**/api/usage');
  // The page asks again by itself too, and then there is nothing left to press.
  const again = page.getByRole('button', { name: 'Try again' });
  await again.click({ timeout: 2_000 }).catch(() => undefined);
  await expect(page.getByRole('cell', { name: 'everybody' })).toBeVisible();
});

test('a question opens over the list as it was searched', async ({ open, page, gate }) => {
  await gate.addFake('asker', [], { isolation: 'shared' });
  const client = await McpClient.open(gate, await gate.client('claude'));
  await open('/sessions?q=claude');
  const schema = { type: 'object', properties: { folder: { type: 'string', title: 'Folder' } } };
  const params = { message: 'Which folder?', requestedSchema: schema };
  const call = client.call('ask', { method: 'elicitation/create', params });
  const dialog = page.getByRole('dialog', { name: 'asker asks you something' });
  await dialog.getByRole('button', { name: 'Later' }).click();
  await page.getByRole('link', { name: 'Open the question' }).click();
  await expect(dialog.getByLabel('Folder', { exact: true }), 'people are asked by titles').toBeVisible();
  await dialog.getByRole('button', { name: 'Decline' }).click();
  await call;
  await expect(page).toHaveURL(/[?&]q=claude/);
});
