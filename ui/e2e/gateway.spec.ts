import { McpClient } from './mcp';
import { actAsApp, expect, letIn, test } from './test';

/** What Chromium itself writes about requests that found nobody, or nobody who would have them. */
const NOBODY = /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/;
const UNAUTHORIZED = /status of 401/;

test('a gateway that was killed is said to be lost, and found again', async ({ page, gate, watch }) => {
  watch.allow(NOBODY);
  await gate.addDemo();
  await actAsApp(page, gate);
  await page.goto(`${gate.url}/upstreams`);
  await expect(page.getByRole('link', { name: 'demo' })).toBeVisible();
  await gate.kill();
  await expect(page.getByRole('group', { name: 'Gateway does not answer' })).toBeVisible();
  await expect(page.getByText(/What you see is as of/)).toBeVisible();
  await expect(page.getByRole('link', { name: 'demo' })).toBeVisible();
  await gate.up();
  await expect(page.getByText('Gateway runs', { exact: true })).toBeVisible();
  await expect(page.getByRole('group', { name: 'Gateway does not answer' })).toBeHidden();
});

test('a gateway that was stopped is said to be stopped', async ({ open, page, gate, watch }) => {
  watch.allow(NOBODY);
  await open('/upstreams');
  await gate.down();
  await expect(page.getByRole('group', { name: 'Gateway is stopped' })).toBeVisible();
  await expect(page.getByText('headgate up')).toBeVisible();
});

test('a gateway that lets a call finish before it ends is said to be stopped once', async ({
  open,
  page,
  gate,
  watch,
}) => {
  watch.allow(NOBODY);
  await gate.addDemo();
  await open('/upstreams');
  const client = await McpClient.open(gate, await gate.client('claude'));
  const call = client.call('slow', { seconds: 4, steps: 4 });
  await expect(page.getByText('1 in flight')).toBeVisible();
  const down = gate.down();
  await expect(page.getByRole('group', { name: 'Gateway is stopped' })).toBeVisible();
  const changes = await page.evaluateHandle(() => {
    const seen: MutationRecord[] = [];
    const banner = document.querySelector('.banner') as Element;
    new MutationObserver((records) => seen.push(...records)).observe(banner, {
      childList: true,
      subtree: true,
    });
    return seen;
  });
  expect((await call).status).toBe(200);
  await down;
  expect(await changes.evaluate((seen) => seen.length)).toBe(0);
});

test('after a restart the tab asks for a new link', async ({ open, page, gate, watch }) => {
  watch.allow(NOBODY, UNAUTHORIZED);
  await open('/upstreams');
  await gate.kill();
  await gate.up();
  await expect(page.getByText('This page needs a new link')).toBeVisible();
});

test('without a link it says how to get one', async ({ page, gate }) => {
  await page.goto(gate.url);
  await expect(page.getByText('This page needs a new link')).toBeVisible();
  await expect(page.getByText('headgate ui', { exact: true })).toBeVisible();
});

test('a link works once, leaves the address bar, and survives a reload', async ({
  page,
  gate,
  context,
  watch,
}) => {
  watch.allow(/status of 40[13]/);
  const link = await gate.link();
  await page.goto(link);
  await expect(page.getByText('Gateway runs', { exact: true })).toBeVisible();
  expect(page.url()).not.toContain('code');
  await page.reload();
  await expect(page.getByText('Gateway runs', { exact: true })).toBeVisible();
  expect(await context.cookies()).toEqual([]);
  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByText('This page needs a new link')).toBeVisible();
});

test('a session is seen when it comes, and ended', async ({ page, gate }) => {
  await gate.addDemo();
  await letIn(page, gate);
  await page.getByRole('link', { name: 'Sessions' }).click();
  const client = await McpClient.open(gate, await gate.client('claude'), {}, 'Claude Code');
  expect((await client.call('echo', { message: 'hi' })).status).toBe(200);
  await page.getByRole('link', { name: /Claude Code/ }).click();
  await expect(page).toHaveTitle(/^Claude Code.* · Sessions · Headgate$/);
  await page.getByRole('button', { name: 'End session' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
  await expect(page.getByText(/The session of Claude Code.* has ended/)).toBeVisible();
  await expect(page.getByRole('link', { name: /Claude Code/ })).toBeHidden();
  await expect(page.getByRole('heading', { name: 'Sessions' })).toBeFocused();
  await expect(page).toHaveTitle('Sessions · Headgate');
  expect((await client.call('echo', { message: 'hi' })).status).toBe(404);
});

test('a page that could not be loaded says so, and is loaded when it can be', async ({
  open,
  page,
  watch,
}) => {
  watch.allow(/ERR_FAILED|dynamically imported module|preload/);
  await open('/upstreams');
  await page.route('**/assets/Sessions*.js', (route) => route.abort());
  await page.getByRole('link', { name: 'Sessions' }).click();
  await expect(page.getByText('This page could not be loaded')).toBeVisible();
  await page.unroute('**/assets/Sessions*.js');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Sessions', exact: true })).toBeVisible();
});
