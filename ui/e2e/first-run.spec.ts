import { expect, test } from './test';

test('from nothing to the first green call in three clicks', async ({ open, page }) => {
  await open('/');
  await expect(page).toHaveURL(/\/upstreams$/);
  await page.getByRole('button', { name: 'Use the demo' }).click();
  await page.getByRole('link', { name: 'Try echo' }).click();
  await page.getByRole('textbox').first().waitFor();
  await page.getByRole('button', { name: 'Call the tool' }).click();
  // What the form asks for is left to the person; the keyboard is there already.
  await page.keyboard.type('hello');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Answered')).toBeVisible();
});

test('a client that connects is seen, with its first call', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/upstreams');
  const { McpClient } = await import('./mcp');
  const client = await McpClient.open(gate, await gate.client('claude'));
  await client.call('echo', { message: 'hi' });
  await expect(page.getByText(/^claude called echo, /)).toBeVisible();
});
