import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { PAGES } from './every-page';
import { furnish } from './scene';
import { expect, test } from './test';
import { walk } from './walk';

/** What somebody could not work around. */
async function faults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.target.join(' ')}`),
    );
}

/**
 * Looks at what is open by day and by night. A row that lights up keeps the colour of the theme it began in
 * (Chromium resolves the colours of an animation once), so what lights up by itself is waited for.
 */
async function faultsInBothThemes(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.waitForFunction(() =>
      document.getAnimations().every(({ playState }) => playState !== 'running'),
    );
    found.push(...(await faults(page)).map((fault) => `${colorScheme}: ${fault}`));
  }
  return found;
}

test('no page keeps anybody out, light or dark', async ({ open, page, gate, farm }) => {
  test.setTimeout(900_000);
  await furnish(gate, farm);
  const found: string[] = [];
  for (const [name, path] of Object.entries(PAGES)) {
    await open(path);
    found.push(...(await faultsInBothThemes(page)).map((fault) => `${name}, ${fault}`));
  }
  expect(found).toEqual([]);
});

test('the faces without data keep nobody out either', async ({ open, page }) => {
  test.setTimeout(120_000);
  const found: string[] = [];
  for (const path of ['/upstreams', '/tools', '/sessions', '/activity', '/clients', '/tools/none']) {
    await open(path);
    found.push(...(await faultsInBothThemes(page)).map((fault) => `${path}, ${fault}`));
  }
  expect(found).toEqual([]);
});

test('the keyboard alone reaches everything, and is seen where it is', async ({ open, page, gate, farm }) => {
  test.setTimeout(400_000);
  await furnish(gate, farm);
  const found: string[] = [];
  for (const [name, path] of Object.entries(PAGES)) {
    await open(path);
    found.push(...(await walk(page)).map((fault) => `${name}: ${fault}`));
  }
  expect(found).toEqual([]);
});
