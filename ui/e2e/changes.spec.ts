/** What others do is seen at once, and lights up; what one does oneself does not. */
import type { Page } from '@playwright/test';
import { FAKE_UPSTREAM } from './gate';
import { expect, test } from './test';

function row(page: Page, name: string) {
  return page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) });
}

declare global {
  interface Window {
    /** The rows that lit up since the page was opened, by name; those that do so still are in it as well. */
    litRows: string[];
  }
}

/** A light is over soon, so a test that looks now and then may miss it: the page itself keeps the names. */
test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    window.litRows = [];
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (this: Element, ...parameters) {
      const row = this.closest('[role=listitem]')?.querySelector('a[data-row]');
      if (row) window.litRows.push(row.textContent.trim());
      return animate.apply(this, parameters);
    };
  });
});

async function lit(page: Page): Promise<string[]> {
  return await page.evaluate(() => [...new Set(window.litRows)]);
}

/** How many of a row's parts are lit now. What styles do by themselves is something else. */
async function lights(page: Page, name: string): Promise<number> {
  return await row(page, name).evaluate((row) => {
    const isLight = (animation: Animation) => !/^CSS/.test(animation.constructor.name);
    return row.getAnimations({ subtree: true }).filter(isLight).length;
  });
}

test('what somebody else adds or switches lights up once', async ({ open, page, gate }) => {
  await gate.addFake('first', ['--bare', '--tool', 'one']);
  await open('/upstreams');
  await expect(row(page, 'first')).toBeVisible();
  expect(await lit(page)).toEqual([]);
  await gate.addFake('second', ['--bare', '--tool', 'two']);
  await expect.poll(() => lit(page), 'nobody changed the first').toEqual(['second']);
  await expect.poll(() => lights(page, 'second')).toBe(0);
  await gate.run('disable', 'first');
  await expect.poll(() => lit(page)).toEqual(['second', 'first']);
});

test('what one does oneself does not light up', async ({ open, page, gate }) => {
  await gate.addFake('first', ['--bare', '--tool', 'one']);
  await open('/upstreams');
  await page.getByRole('button', { name: 'More for first' }).click();
  await page.getByRole('menuitem', { name: 'Switch off' }).click();
  await expect(row(page, 'first').getByText('Off', { exact: true })).toBeVisible();
  expect(await lit(page)).toEqual([]);
  // What is added on the page is told while the answer still comes in.
  await open('/add?by=form');
  await page.getByLabel('Name', { exact: true }).fill('mine');
  await page.getByRole('textbox', { name: 'Command' }).fill(FAKE_UPSTREAM);
  await page.getByRole('textbox', { name: 'Arguments' }).fill('--stdio\n--bare\n--tool\nhello');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Add mine' }).click();
  await expect(page).toHaveURL(/\/upstreams\/mine$/);
  await expect(row(page, 'mine')).toBeVisible();
  expect(await lit(page)).toEqual([]);
});

test('what others change lights up also while a call of ours runs', async ({ open, page, gate }) => {
  await gate.addDemo();
  await gate.addFake('first', ['--bare', '--tool', 'one']);
  await open('/tools/slow?arguments={"seconds":60,"steps":600}');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText(/step \d+ of 600/)).toBeVisible();
  await page.getByRole('link', { name: /^Upstreams/ }).click();
  await expect(row(page, 'first')).toBeVisible();
  await gate.run('disable', 'first');
  await expect.poll(() => lit(page)).toEqual(['first']);
});
