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
