/** What every test has: its own gateway, a page that was let in by a real link, and a watch over that page. */
import { test as base, expect, type Page } from '@playwright/test';
import { Gate } from './gate';
import { ServerFarm } from './server';
import { PageWatch } from './watch';

interface Fixtures {
  gate: Gate;
  farm: ServerFarm;
  watch: PageWatch;
  /** Opens a path of the page, which is let in at the first time. */
  open: (path: string) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  gate: async ({}, use) => {
    const gate = await Gate.start();
    try {
      await use(gate);
    } finally {
      await gate.stop();
    }
  },
  // eslint-disable-next-line no-empty-pattern
  farm: async ({}, use) => {
    const farm = await ServerFarm.start();
    await use(farm);
    await farm.stop();
  },
  watch: [
    async ({ page, gate }, use) => {
      const watch = await PageWatch.over(page, gate.url);
      await use(watch);
      expect(watch.faults(), 'the page has no fault').toEqual([]);
    },
    { auto: true },
  ],
  open: async ({ page, gate }, use) => {
    let isIn = false;
    await use(async (path) => {
      if (!isIn) await letIn(page, gate);
      isIn = true;
      await show(page, path);
    });
  },
});

export { expect };

/** Goes through the link of `headgate ui`. */
export async function letIn(page: Page, gate: Gate): Promise<void> {
  await page.goto(await gate.link());
  await expect(page.getByText('Gateway runs', { exact: true })).toBeVisible();
}

/**
 * As in the app, whose Rust part knows the token of whichever gateway runs, and asks nobody else: the page
 * outlives a gateway that was killed.
 */
export async function actAsApp(page: Page, gate: Gate): Promise<void> {
  await page.addInitScript(() => sessionStorage.setItem('headgate-token', 'of the app'));
  await page.route('**/api/**', (route) => {
    if (!gate.isKnown) return route.abort('connectionrefused');
    return route.continue({
      headers: { ...route.request().headers(), authorization: `Bearer ${gate.token}` },
    });
  });
}

/** Opens another page in the same tab, as a link would. */
async function show(page: Page, path: string): Promise<void> {
  await page.goto(path.startsWith('http') ? path : new URL(path, page.url()).href);
  await expect(page.locator('main').getByRole('heading').first()).toBeVisible();
}
