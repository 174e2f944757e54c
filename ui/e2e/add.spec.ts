import { FAKE_UPSTREAM } from './gate';
import { expect, test } from './test';

test('what is pasted is checked, and a clash is resolved by a prefix', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/add');
  await page.getByLabel('Paste a command').fill(`${FAKE_UPSTREAM} --stdio --bare --tool echo --tool other`);
  const draft = page.getByRole('region', { name: 'fake-upstream' });
  await expect(draft.getByText(`${FAKE_UPSTREAM} --stdio --bare --tool echo --tool other`)).toBeVisible();
  await draft.getByRole('button', { name: 'Start and check' }).click();
  await expect(draft.getByText('1 name is taken')).toBeVisible();
  await draft.getByRole('button', { name: /^Use the prefix/ }).click();
  await expect(draft.getByText(/fake 1\.0\.0 works|works:/)).toBeVisible();
  await expect(draft.getByText('1 name is taken')).toBeHidden();
  await expect(draft.getByRole('heading', { name: 'fake-upstream' })).toBeFocused();
  await draft.getByRole('button', { name: /^Add / }).click();
  await expect(page).toHaveURL(/\/upstreams\/fake-upstream$/);
  await open('/tools?q=echo');
  await expect(page.getByRole('link', { name: /fake-upstream_echo/ })).toBeVisible();
});

test('a clash is resolved by another prefix, or by another name for one tool', async ({
  open,
  page,
  gate,
}) => {
  await gate.addDemo();
  await open('/add');
  await page.getByLabel('Paste a command').fill(`${FAKE_UPSTREAM} --stdio --bare --tool echo`);
  const draft = page.getByRole('region', { name: 'fake-upstream' });
  await draft.getByRole('button', { name: 'Start and check' }).click();
  const prefix = draft.getByRole('group', { name: '1 name is taken' }).getByLabel('Prefix');
  await expect(prefix).toHaveValue('fake-upstream');
  await prefix.fill('1x');
  await expect(draft.getByText('the first a letter.')).toBeVisible();
  await prefix.fill('short');
  await expect(draft.getByRole('button', { name: 'Use the prefix short_' })).toBeVisible();
  const other = draft.getByRole('textbox', { name: 'Another name for echo' });
  await other.fill('a b');
  await expect(draft.getByText('1 to 128 letters')).toBeVisible();
  await other.fill('my_echo');
  await draft.getByRole('button', { name: 'Check with these changes' }).click();
  await expect(draft.getByText(/works:/)).toBeVisible();
  await draft.getByRole('button', { name: /^Add fake/ }).click();
  await expect(page).toHaveURL(/\/upstreams\/fake-upstream$/);
  await open('/tools?q=my_echo');
  await expect(page.getByRole('link', { name: /my_echo/ })).toBeVisible();
});

test('a server is added by the form', async ({ open, page }) => {
  await open('/add?by=form');
  await page.getByLabel('Name', { exact: true }).fill('mine');
  await page.getByRole('textbox', { name: 'Command' }).fill(FAKE_UPSTREAM);
  await page.getByRole('textbox', { name: 'Arguments' }).fill('--stdio\n--bare\n--tool\nhello there');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Add mine' }).click();
  await expect(page).toHaveURL(/\/upstreams\/mine$/);
  await open('/tools');
  await expect(page.getByRole('link', { name: /hello there/ })).toBeVisible();
});

test('a check that is stopped leaves the focus where it was, and can be done again', async ({
  open,
  page,
}) => {
  await open('/add');
  await page.getByLabel('Paste a command').fill(`${FAKE_UPSTREAM} --stdio --bare --silent`);
  const draft = page.getByRole('region', { name: 'fake-upstream' });
  const check = draft.getByRole('button', { name: 'Start and check' });
  await check.press('Enter');
  await expect(draft.getByText('Starting a copy')).toBeVisible();
  await expect(check).toBeFocused();
  await draft.getByRole('button', { name: 'Stop' }).press('Enter');
  await expect(draft.getByText('Starting a copy')).toBeHidden();
  await expect(draft.getByRole('heading', { name: 'fake-upstream' })).toBeFocused();
  await expect(check).toBeEnabled();
});

test('text that is no server is said to be none', async ({ open, page }) => {
  await open('/add');
  await page.getByLabel('Paste a command').fill('{"mcpServers": {');
  await expect(page.getByText('This could not be read')).toBeVisible();
});

test('characters that cannot be seen are seen in a command', async ({ open, page }) => {
  await open('/add');
  await page.getByLabel('Paste a command').fill('npx good\u202Etxt.exe\u200B');
  const command = page.getByRole('region').filter({ hasText: 'This will run' });
  await expect(command.getByText('U+202E').first()).toBeVisible();
  await expect(command.getByText('U+200B').first()).toBeVisible();
});

test('pasting anywhere on the list goes to the page that reads it', async ({ open, page }) => {
  await open('/upstreams');
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'npx -y @modelcontextprotocol/server-filesystem /tmp');
    document.body.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    );
  });
  await expect(page).toHaveURL(/\/add$/);
  await expect(page.getByRole('heading', { name: 'filesystem' })).toBeVisible();
});

/** A server in a client's settings. */
const server = (tool: string, env: object = {}) => ({
  command: FAKE_UPSTREAM,
  args: ['--stdio', '--bare', '--tool', tool],
  env,
});

/** Two servers, of which the first asks for a secret. */
function settings(end = ''): string {
  const mcpServers = { first: server('one', { API_TOKEN: '${API_TOKEN}' }), second: server('two') };
  return JSON.stringify({ mcpServers }) + end;
}

test('typing on, leaving the page and coming back lose no card and nothing that was typed', async ({
  open,
  page,
}) => {
  await open('/add');
  const box = page.getByLabel('Paste a command');
  await box.fill(settings());
  const first = page.getByRole('region', { name: 'first' });
  const second = page.getByRole('region', { name: 'second' });
  await first.getByRole('textbox', { name: 'API_TOKEN' }).fill('kept');
  await second.getByRole('button', { name: 'Start and check' }).click();
  await expect(second.getByText(/works:/)).toBeVisible();
  // While it is broken, and when it is whole again.
  await box.press('End');
  await box.press('x');
  await expect(page.getByText('This could not be read')).toBeVisible();
  await expect(first.getByRole('textbox', { name: 'API_TOKEN' })).toHaveValue('kept');
  await box.press('Backspace');
  await expect(page.getByText('This could not be read')).toBeHidden();
  await page.getByRole('button', { name: 'Use the demo server' }).click();
  await expect(page.getByRole('heading', { name: 'demo' })).toBeVisible();
  await second.getByRole('button', { name: 'Add second' }).click();
  await expect(second.getByText('Added', { exact: true })).toBeVisible();
  await box.press('Space');

  await page.getByRole('link', { name: /^Tools/ }).click();
  await expect(page).toHaveURL(/\/tools$/);
  await page.goBack();
  await expect(box).toHaveValue(settings(' '));
  await expect(first.getByRole('textbox', { name: 'API_TOKEN' })).toHaveValue('kept');
  await expect(second.getByText('Added', { exact: true })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'second-2' })).toBeHidden();

  await page.getByRole('button', { name: 'Start over' }).click();
  await expect(box).toBeFocused();
  await expect(first).toBeHidden();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(first.getByRole('textbox', { name: 'API_TOKEN' })).toHaveValue('kept');
});

test('what is added while its page is closed is told, with a way to it', async ({ open, page }) => {
  await open('/add');
  await page.getByLabel('Paste a command').fill(`${FAKE_UPSTREAM} --stdio --bare --download 60`);
  await page.getByRole('button', { name: 'Add fake-upstream' }).click();
  await page.getByRole('link', { name: /^Tools/ }).click();
  await page.getByRole('button', { name: 'Show fake-upstream' }).click();
  await expect(page).toHaveURL(/\/upstreams\/fake-upstream$/);
});

test('of many servers all that need nothing are added at once', async ({ open, page }) => {
  await open('/add');
  const names = ['a', 'b', 'c', 'd', 'e'];
  const mcpServers = Object.fromEntries(names.map((name) => [name, server(`tool_${name}`)]));
  const asks = { asks: server('x', { API_TOKEN: '${API_TOKEN}' }) };
  await page.getByLabel('Paste a command').fill(JSON.stringify({ mcpServers: { ...asks, ...mcpServers } }));
  await expect(page.getByText('6 servers: 0 added, 6 left')).toBeVisible();
  await page.getByRole('button', { name: 'Leave e out' }).click();
  await expect(page.getByRole('region', { name: 'asks' })).toBeVisible();
  await page.getByRole('button', { name: 'Add the 4 that need nothing' }).click();
  await expect(page.getByText('5 servers: 4 added, 1 left')).toBeVisible();
  await page.getByRole('button', { name: 'Leave asks out' }).click();
  await expect(page).toHaveURL(/\/upstreams$/);
  await expect(page.getByText('4 servers are added.')).toBeVisible();
});

test('what does not work yet can be kept, switched off', async ({ open, page, gate }) => {
  await open('/add');
  const mcpServers = {
    broken: { command: 'no-such-program', env: { API_TOKEN: '${API_TOKEN}' } },
    resting: { ...server('x'), disabled: true },
  };
  await page.getByLabel('Paste a command').fill(JSON.stringify({ mcpServers }));
  const broken = page.getByRole('region', { name: 'broken' });
  await broken.getByRole('textbox', { name: 'API_TOKEN' }).fill('kept');
  await broken.getByRole('button', { name: 'Start and check' }).click();
  await expect(broken.getByText('It does not work yet')).toBeVisible();
  await broken.getByRole('button', { name: 'Keep it, switched off' }).click();
  await expect(broken.getByText('Added', { exact: true })).toBeVisible();
  const resting = page.getByRole('region', { name: 'resting' });
  await expect(resting.getByRole('switch', { name: 'Enabled' })).not.toBeChecked();
  await resting.getByRole('button', { name: 'Add resting, switched off' }).click();
  await expect(page).toHaveURL(/\/upstreams$/);
  const { upstreams } = await gate.get<{ upstreams: { enabled: boolean }[] }>('/api/upstreams');
  expect(upstreams.map(({ enabled }) => enabled)).toEqual([false, false]);
});

test('a server that names the project is shared by project, and not by everybody', async ({ open, page }) => {
  await open('/add');
  await page
    .getByLabel('Paste a command')
    .fill(`${FAKE_UPSTREAM} --stdio --bare --tool '\${workspaceFolder}'`);
  await page.getByText('Name and options').click();
  const isolation = page.getByRole('radiogroup', { name: 'Who shares a copy' });
  await expect(isolation.getByRole('radio')).toHaveCount(2);
  await expect(isolation.getByRole('radio').first()).toBeChecked();
});

test('a name that no upstream may have is said beside its field', async ({ open, page }) => {
  await open('/add');
  await page.getByLabel('Paste a command').fill(FAKE_UPSTREAM);
  await page.getByText('Name and options').click();
  const name = page.getByRole('textbox', { name: 'Name', exact: true });
  await name.fill('my server');
  await expect(page.getByText('Use 1 to 64 letters')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add my server' })).toBeDisabled();
  await name.fill('my-server');
  await expect(page.getByText('Use 1 to 64 letters')).toBeHidden();
});
