import { addHostile } from './scene';
import { expect, test } from './test';

test.use({ viewport: { width: 760, height: 520 } });

test('what an upstream says is text, and breaks no page', async ({ open, page, gate, farm }) => {
  await addHostile(gate, farm);
  const pages = [
    '/upstreams',
    '/upstreams/hostile',
    '/upstreams/hostile/tools',
    '/upstreams/hostile/resources',
    '/upstreams/hostile/prompts',
    '/tools',
    '/tools/hostile_markup',
    '/tools/hostile_long',
    `/tools/hostile_${'name'.repeat(28)}`,
    '/tools/hostile_links',
  ];
  const wide: string[] = [];
  const check = async (path: string) => {
    const over = await page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('main, main .page, main .detail')]
        .filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0)
        .map((part) => `${part.tagName}.${part.className} ${part.scrollWidth} > ${part.clientWidth}`),
    );
    wide.push(...over.map((what) => `${path}: ${what}`));
  };
  for (const path of pages) {
    await open(path);
    await check(path);
  }
  for (const path of pages.slice(6)) {
    await open(path);
    await page.getByRole('button', { name: 'Call the tool' }).click();
    await expect(page.getByText('Answered', { exact: true })).toBeVisible();
    await check(`${path}, called`);
  }
  expect(await page.evaluate(() => 'wasHacked' in window)).toBe(false);
  expect(wide).toEqual([]);
  await open('/tools/hostile_markup');
  await expect(page.getByText('<img src=x onerror="window.wasHacked=true">').first()).toBeVisible();
});

test('a resource and a template of one URI are two things', async ({ open, page, gate, farm }) => {
  await farm.add(gate, 'twins', {
    tools: [],
    resources: [{ uri: 'note://{id}', name: 'the whole' }],
    templates: [{ uriTemplate: 'note://{id}', name: 'the template' }],
  });
  await open('/upstreams/twins/resources');
  await expect(page.getByText('the whole')).toBeVisible();
  await expect(page.getByText('the template')).toBeVisible();
});

test('a page that fails takes nothing else with it', async ({ open, page, watch }) => {
  watch.allow(/is not a function/);
  await page.route('**/api/clients/known', (route) => route.fulfill({ json: { clients: 1 } }));
  await open('/upstreams');
  await page.getByRole('link', { name: 'Clients' }).click();
  await expect(page.getByText('This page could not be shown')).toBeVisible();
  await page.getByRole('link', { name: 'Tools' }).click();
  await expect(page.getByRole('heading', { name: 'Tools', exact: true })).toBeVisible();
  await page.goBack();
  const retry = page.getByRole('button', { name: 'Try again' });
  await retry.click();
  await expect(retry, 'it fails again, and no worse').toBeVisible();
});

test('a thing may have a name that the router knows', async ({ open, page, gate }) => {
  await gate.client('layout');
  await open('/clients/layout');
  await expect(page.getByRole('region', { name: 'Client' }).getByText('layout').first()).toBeVisible();
});
