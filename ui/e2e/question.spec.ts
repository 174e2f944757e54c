import type { Gate } from './gate';
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

/** A client that shows no questions, beside an upstream that asks some. */
async function asked(gate: Gate): Promise<McpClient> {
  await gate.addFake('asker', [], { isolation: 'shared' });
  return await McpClient.open(gate, await gate.client('claude'));
}

test('what an upstream asks for a client that cannot show it is answered here', async ({
  open,
  page,
  gate,
}) => {
  const client = await asked(gate);
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
  const client = await asked(gate);
  await open('/sessions');
  const call = client.call('ask', QUESTION);
  await page.getByRole('dialog').getByRole('button', { name: 'Decline' }).click();
  expect((await call).text).toContain('"action":"decline"');
});

test('it does not come up over what a person types, and keeps what was typed', async ({
  open,
  page,
  gate,
}) => {
  const client = await asked(gate);
  await open('/upstreams');
  const search = page.getByRole('searchbox');
  await expect(search).toBeVisible();
  await page.keyboard.press('/');
  await expect(search).toBeFocused();
  await page.keyboard.type('secr');
  const call = client.call('ask', QUESTION);
  const notice = page.getByRole('region', { name: 'Messages' });
  await expect(notice.getByText('asker asks you something')).toBeVisible();
  await page.keyboard.type('et');
  await expect(search).toHaveValue('secret');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeHidden();

  await notice.getByRole('button', { name: 'Open the question' }).click();
  await expect(dialog.getByRole('textbox')).toBeFocused();
  await page.keyboard.type('half');
  await page.mouse.click(5, 5);
  await expect(dialog, 'a slip of the pointer takes nothing along').toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.getByRole('link', { name: /^Sessions/ }).click();
  await page.getByRole('link', { name: 'Open the question' }).click();
  await expect(dialog.getByRole('textbox')).toHaveValue('half');
  await page.keyboard.press('Enter');
  expect((await call).text).toContain('"folder":"half"');
});

test('what comes up by itself takes the focus to its heading, one after the other', async ({
  open,
  page,
  gate,
}) => {
  await gate.addFake('asker', [], { isolation: 'shared' });
  await gate.addFake('other', [], { isolation: 'shared', prefix: 'other' });
  const key = await gate.client('claude');
  const [one, two] = [await McpClient.open(gate, key), await McpClient.open(gate, key)];
  await open('/sessions');
  const first = one.call('ask', QUESTION);
  const heading = page.getByRole('dialog').getByRole('heading', { name: /asks you something/ });
  await expect(heading).toBeFocused();
  const second = two.call('other_ask', QUESTION);
  await expect(page.getByText('2 questions wait for you', { exact: true }).first()).toBeAttached();
  for (const call of [first, second]) {
    await expect(heading).toBeFocused();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('textbox').fill('notes');
    await page.keyboard.press('Enter');
    expect((await call).text).toContain('"folder":"notes"');
  }
  await expect(page.getByRole('dialog')).toBeHidden();
});
