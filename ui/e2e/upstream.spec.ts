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

test('another command wants its secrets again, those too that came while it was typed', async ({
  open,
  page,
  gate,
}) => {
  await gate.addFake('private', ['--bare', '--tool', 'one'], { secrets: { TOKEN: 'x' } });
  await open('/upstreams/private/settings');
  await page.getByRole('textbox', { name: 'Arguments' }).fill('--stdio\n--bare\n--tool\ntwo');
  await page.getByRole('button', { name: 'Add a secret' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('KEY');
  await page.getByRole('dialog').getByLabel('Value').fill('y');
  await page.getByRole('button', { name: 'Keep the value' }).click();
  await expect(page.getByText('KEY has its new value')).toBeVisible();
  const save = page.getByRole('button', { name: 'Save definition…' });
  await save.click();
  await expect(page.getByRole('group', { name: 'To be given again: KEY, TOKEN' })).toBeVisible();
  await page.getByRole('button', { name: 'Run this from now on' }).click();
  await expect(page.getByText(/is off\. Give these secrets again.*: KEY, TOKEN/)).toBeVisible();
  await expect(save).toBeFocused();
  await page.getByRole('button', { name: 'Go to the secrets' }).click();
  await expect(page.getByRole('heading', { name: 'Secrets' })).toBeFocused();
  await expect(page.getByText('Needs a value')).toHaveCount(2);
});

test('a fresh copy is tested by one button, which keeps the focus', async ({ open, page, gate }) => {
  await gate.addFake('tried', ['--bare', '--tool', 'one', '--download', '60']);
  await open('/upstreams/tried');
  const button = page.getByRole('button', { name: /^(Test now|Cancel)$/ });
  await button.press('Enter');
  await expect(button).toHaveText('Cancel');
  await expect(button).toBeFocused();
  await expect(page.getByText(/^fake .* works: 1 tool,/)).toBeVisible();
  await expect(button).toHaveText('Test now');
  await expect(button).toBeFocused();
});

test('an arrow key that passes a choice sends no second change beside the first', async ({
  open,
  page,
  gate,
}) => {
  await gate.addFake('passed', ['--bare', '--tool', 'one']);
  await open('/upstreams/passed/settings');
  let [underWay, most] = [0, 0];
  await page.route('**/api/upstreams/passed', async (route) => {
    most = Math.max(most, ++underWay);
    await new Promise((done) => setTimeout(done, 200));
    const response = await route.fetch();
    underWay -= 1;
    await route.fulfill({ response });
  });
  await page.getByRole('radio', { name: 'Everybody' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  const isolation = async () => (await gate.get<{ isolation: string }>('/api/upstreams/passed')).isolation;
  await expect.poll(isolation).toBe('session');
  await expect(page.getByRole('radio', { name: 'Each session' })).toBeChecked();
  expect(most).toBe(1);
});

test('tools that are switched off at once come back as they were', async ({ open, page, gate }) => {
  await gate.addFake('many', ['--bare', '--tool', 'one', '--tool', 'two', '--tool', 'three'], {
    tool_choices: { two: { off: true } },
  });
  await open('/upstreams/many/tools');
  await expect(page.getByText('2 of 3 on')).toBeVisible();
  const button = page.getByRole('button', { name: 'All off' });
  await button.press('Enter');
  await expect(page.getByText('0 of 3 on')).toBeVisible();
  await expect(page.getByText('2 tools of many are off')).toBeVisible();
  await expect(button).toBeFocused();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByText('2 of 3 on')).toBeVisible();
});

test('a menu in a list opens by mouse and by keys, and gives the focus back', async ({
  open,
  page,
  gate,
}) => {
  await gate.addFake('first', ['--bare', '--tool', 'one']);
  await gate.addFake('second', ['--bare', '--tool', 'two']);
  await open('/upstreams');
  const button = page.getByRole('button', { name: 'More for first' });
  const items = page.getByRole('menuitem');
  await button.click();
  await expect(items.first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(items).toHaveCount(0);
  await expect(button).toBeFocused();
  await button.press('ArrowDown');
  await expect(items.first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(items.nth(1)).toBeFocused();
  for (const key of ['Escape', 'Tab']) {
    await page.keyboard.press(key);
    await expect(items).toHaveCount(0);
    await expect(button).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(items.first()).toBeFocused();
  }
  await page.getByRole('menuitem', { name: 'Show logs' }).press('Enter');
  await expect(page).toHaveURL(/\/first\/logs$/);
});

test('another definition is tried before it is kept, with the secrets that stay', async ({
  open,
  page,
  gate,
}) => {
  await gate.addFake('changed', ['--bare', '--tool', 'one'], { secrets: { TOKEN: 'hush' } });
  await open('/upstreams/changed/settings');
  await page.getByLabel('Working folder').fill('/no/such/folder');
  await page.getByRole('button', { name: 'Save definition…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Try it first' }).click();
  await expect(dialog.getByText(/`changed` does not work/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByLabel('Working folder').fill('/');
  await page.getByRole('button', { name: 'Save definition…' }).click();
  await dialog.getByRole('button', { name: 'Try it first' }).click();
  await expect(dialog.getByText(/^fake .* works: 1 tool,/)).toBeVisible();
  const { transport } = await gate.get<{ transport: { cwd?: string } }>('/api/upstreams/changed');
  expect(transport.cwd, 'nothing is changed yet').toBeUndefined();
});

test('a restart goes on without its page, and can be stopped', async ({ open, page, gate, watch }) => {
  // Whoever waits for the restart that is stopped hears that it was.
  watch.allow(/status of 502/);
  // Two seconds in which a start speaks before it is ready.
  await gate.addFake('slow', ['--bare', '--tool', 'one', '--download', '20']);
  await open('/upstreams/slow');
  await page.getByRole('button', { name: 'Restart', exact: true }).click();
  const state = page.locator('header').getByRole('status');
  await expect(state).toHaveText(/Starting/);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(state).toHaveText(/Stopped/);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(state).toHaveText(/Running/);
  await page.getByRole('button', { name: 'Restart', exact: true }).click();
  await expect(state).toHaveText(/Starting/);
  // Loads the page anew, which ends its requests.
  await open('/upstreams/slow');
  await expect(state).toHaveText(/Running/);
});
