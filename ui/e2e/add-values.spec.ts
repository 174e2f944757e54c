import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { FAKE_UPSTREAM } from './gate';
import { expect, test } from './test';

test('a server that wants a key is given a header, which is kept secret', async ({ open, page, gate }) => {
  const server = spawn(FAKE_UPSTREAM, [
    '--port',
    '0',
    '--require-header',
    'Authorization: Bearer hidden-key',
  ]);
  try {
    const [url] = (await once(server.stdout, 'data')) as [Buffer];
    await open('/add');
    await page.getByLabel('Paste a command').fill(url.toString().trim());
    const draft = page.getByRole('region').filter({ hasText: 'This will be called' });
    await draft.getByRole('button', { name: 'Connect and check' }).click();
    await expect(draft.getByText('This server wants a key.')).toBeVisible();
    await draft.getByLabel('Name of the header').fill('Authorization');
    await draft.getByLabel('Value', { exact: true }).fill('Bearer hidden-key');
    await draft.getByRole('button', { name: 'Add the header' }).click();
    await expect(draft.getByText('Authorization: ${Authorization}').first()).toBeVisible();
    await draft.getByRole('button', { name: 'Check again' }).click();
    await expect(draft.getByText(/works:/)).toBeVisible();
    await draft.getByRole('button', { name: /^Add \d|^Add [a-z0-9.-]+$/ }).click();
    await expect(page).toHaveURL(/\/upstreams\/[^/]+$/);
    expect(JSON.stringify(await gate.get('/api/upstreams'))).not.toContain('hidden-key');
  } finally {
    server.kill();
  }
});

test('a value is kept secret or readable as a person says', async ({ open, page, gate }) => {
  await open('/add?by=form');
  await page.getByLabel('Name', { exact: true }).fill('mine');
  await page.getByRole('textbox', { name: 'Command' }).fill(FAKE_UPSTREAM);
  await page.getByRole('textbox', { name: 'Arguments' }).fill('--stdio\n--bare\n--tool\nown');
  await page.getByLabel('Name 1').fill('DB_LINE');
  await page.getByLabel('Value 1').fill('hidden value');
  await expect(page.getByLabel('Value 1')).toHaveAttribute('type', 'password');
  await page.getByRole('button', { name: 'Continue' }).click();
  const draft = page.getByRole('region', { name: 'mine' });
  await expect(draft.getByText('DB_LINE=${DB_LINE}').first()).toBeVisible();
  const keep = draft.getByRole('switch', { name: 'Keep DB_LINE secret' });
  await keep.press('Space');
  await expect(draft.getByText("DB_LINE='hidden value'").first()).toBeVisible();
  await expect(keep).not.toBeChecked();
  await expect(keep).toBeFocused();
  await keep.press('Space');
  await expect(draft.getByText('hidden value')).toHaveCount(0);
  await draft.getByRole('button', { name: 'Add mine' }).click();
  await expect(page).toHaveURL(/\/upstreams\/mine$/);
  expect(JSON.stringify(await gate.get('/api/upstreams'))).not.toContain('hidden value');
});

test('without a place for secrets there is a way to choose one, and the card stays', async ({
  open,
  page,
}) => {
  await open('/add');
  await page.getByLabel('Paste a command').fill(`API_KEY=abc ${FAKE_UPSTREAM} --stdio --bare`);
  const problem = { code: 'secrets-unavailable', detail: 'there is no keychain' };
  await page.route('**/api/upstreams', (route) =>
    route.fulfill({ contentType: 'application/x-ndjson', body: `${JSON.stringify({ problem })}\n` }),
  );
  await page.getByRole('button', { name: 'Add fake-upstream' }).click();
  await page.getByRole('link', { name: 'Choose where secrets are kept' }).click();
  await expect(page).toHaveURL(/\/settings\/secrets$/);
  await page.goBack();
  await expect(page.getByText('There is no keychain.')).toBeVisible();
});
