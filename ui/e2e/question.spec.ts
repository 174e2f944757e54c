import { McpClient } from './mcp';
import { expect, test } from './test';

const QUESTION = {
  method: 'elicitation/create',
  params: {
    message: 'Which folder?',
    requestedSchema: {
      type: 'object',
      properties: { folder: { type: 'string', title: 'Folder', minLength: 3 } },
      required: ['folder'],
    },
  },
};

test('what an upstream asks for a client that cannot show it is answered here', async ({
  open,
  page,
  gate,
}) => {
  await gate.addFake('asker', [], { isolation: 'shared' });
  const client = await McpClient.open(gate, await gate.client('claude'));
  await open('/sessions');
  const call = client.call('ask', QUESTION);
  const dialog = page.getByRole('dialog', { name: 'asker asks you something' });
  await expect(dialog.getByText('Which folder?')).toBeVisible();
  await dialog.getByRole('button', { name: 'Later' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('link', { name: 'Open the question' }).click();
  await dialog.getByRole('textbox').fill('notes');
  await dialog.getByRole('button', { name: 'Send the answer' }).click();
  expect((await call).text).toContain('"folder":"notes"');
  await expect(dialog).toBeHidden();
});

test('it may be declined', async ({ open, page, gate }) => {
  await gate.addFake('asker', [], { isolation: 'shared' });
  const client = await McpClient.open(gate, await gate.client('claude'));
  await open('/sessions');
  const call = client.call('ask', QUESTION);
  await page.getByRole('dialog').getByRole('button', { name: 'Decline' }).click();
  expect((await call).text).toContain('"action":"decline"');
});
