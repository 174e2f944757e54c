/** Pictures of every page in every state, for people to look at: `npm run shots` writes them to `shots/`. */
import type { Page } from '@playwright/test';
import { PAGES } from './every-page';
import { addHostile, crowd, furnish } from './scene';
import { test } from './test';

const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 760, height: 640 };
const LOOKS = [
  { name: 'light-wide', viewport: WIDE, colorScheme: 'light', locale: 'en' },
  { name: 'dark-wide', viewport: WIDE, colorScheme: 'dark', locale: 'en' },
  { name: 'light-narrow', viewport: NARROW, colorScheme: 'light', locale: 'en' },
  { name: 'dark-narrow-de', viewport: NARROW, colorScheme: 'dark', locale: 'de' },
] as const;
/** Longer than a skeleton waits before it shows itself. */
const SKELETON_MS = 400;

/** Pages that ask for something by themselves, beside the events. */
const ASKING = ['upstreams', 'upstream', 'upstream-logs', 'tools', 'tool', 'sessions', 'activity', 'clients'];
const LISTS = [...ASKING, 'add', 'client-new', 'settings', 'settings-backup', 'settings-about'];

for (const { name, ...look } of LOOKS) {
  test.describe(name, () => {
    test.use(look);

    const shoot = async (page: Page, state: string, pages: string[]) => {
      for (const of of pages) {
        await page.goto(new URL(PAGES[of] ?? of, page.url()).href);
        await settled(page, state);
        const file = of.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '');
        await page.screenshot({ path: `shots/${state}/${name}/${file}.png`, animations: 'disabled' });
      }
    };

    test.beforeEach(async ({ page, gate, watch }) => {
      watch.allow(/./);
      await page.addInitScript((token) => sessionStorage.setItem('headgate-token', token), gate.token);
      await page.goto(`${gate.url}/upstreams`);
    });

    test('full', async ({ page, gate, farm }) => {
      const client = await furnish(gate, farm);
      const slow = client.call('slow', { seconds: 600, steps: 1000 });
      const [session] = (await gate.get<{ sessions: { id: string }[] }>('/api/sessions')).sessions;
      const { calls } = await gate.get<{ calls: { id: number }[] }>('/api/activity?limit=1');
      await shoot(page, 'full', [
        ...Object.keys(PAGES),
        `/sessions/${session?.id}`,
        `/activity/${calls[0]?.id}`,
        `/tools/echo?arguments={"message":"hello"}`,
      ]);
      await gate.down();
      await page.getByRole('group').first().waitFor();
      await page.screenshot({ path: `shots/full/${name}/stopped.png`, animations: 'disabled' });
      await slow.catch(() => undefined);
    });

    test('empty', async ({ page }) => {
      await shoot(page, 'empty', LISTS);
    });

    test('loading', async ({ page, gate, farm }) => {
      await furnish(gate, farm);
      await page.route(/\/api\/(?!events)/, () => undefined);
      await shoot(page, 'loading', ASKING);
      await page.route(/\/api\//, () => undefined);
      await shoot(page, 'connecting', ['upstreams', 'sessions', 'activity', 'clients', 'settings']);
    });

    test('broken', async ({ page, gate, farm }) => {
      await furnish(gate, farm);
      const problem = {
        type: 'urn:headgate:problem:internal',
        title: 'internal',
        status: 500,
        code: 'internal',
        detail: 'The database could not be read: disk I/O error.',
      };
      await page.route(/\/api\/(?!events)/, (route) =>
        route.fulfill({ status: 500, contentType: 'application/problem+json', json: problem }),
      );
      await shoot(page, 'broken', LISTS);
      await page.route(/\/api\//, (route) => route.abort());
      await shoot(page, 'unreachable', ['upstreams', 'tools', 'activity']);
    });

    test('hostile', async ({ page, gate, farm }) => {
      await addHostile(gate, farm);
      const tools = ['hostile_markup', 'hostile_long', 'hostile_links'];
      await shoot(page, 'hostile', [
        'upstreams',
        '/upstreams/hostile',
        'tools',
        ...tools.map((tool) => `/tools/${tool}`),
      ]);
      for (const tool of tools) {
        await page.goto(`${gate.url}/tools/${tool}`);
        await page.locator('main button[type=submit]').click();
        await page
          .getByText(/^\s*(Answered|Beantwortet)\s*$/)
          .first()
          .waitFor();
        await page.screenshot({ path: `shots/hostile/${name}/${tool}-called.png`, animations: 'disabled' });
      }
    });

    if (name.startsWith('light'))
      test('crowded', async ({ page, gate, farm }) => {
        await crowd(gate, farm, 60, 20);
        await shoot(page, 'crowded', [
          'upstreams',
          '/upstreams/service-030',
          '/upstreams/service-030/tools',
          'tools',
        ]);
        await shoot(page, 'crowded', ['/tools/service-030_search_documents', '/tools?q=service-04']);
      });
  });
}

/** Everything that was asked for is there, or the skeleton of it has shown itself. */
async function settled(page: Page, state: string): Promise<void> {
  await page.getByRole('complementary').waitFor();
  if (['loading', 'connecting', 'unreachable'].includes(state)) await page.waitForTimeout(SKELETON_MS);
  else
    await page.waitForFunction(
      () =>
        document.querySelector('main h1, main h2') && !document.querySelector('.skeleton, [data-skeleton]'),
    );
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
