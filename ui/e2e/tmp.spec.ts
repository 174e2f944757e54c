import { test } from './test';
test('look', async ({ open, page, gate }) => {
  await gate.addDemo();
  await gate.addFake('tried', ['--bare', '--tool', 'one']);
  await gate.client('cursor');
  for (const [w, n] of [[1440, 'wide'], [760, 'narrow']] as const) {
    await page.setViewportSize({ width: w, height: 900 });
    await open('/upstreams?order=name');
    await page.waitForTimeout(600);
    await page.screenshot({ path: `/tmp/s5-shot-up-${n}.png` });
    await open('/clients/cursor');
    await page.waitForTimeout(600);
    await page.screenshot({ path: `/tmp/s5-shot-client-${n}.png` });
    await open('/tools/echo');
    await page.waitForTimeout(600);
    await page.screenshot({ path: `/tmp/s5-shot-tool-${n}.png` });
  }
  await page.keyboard.press('Control+k');
  await page.waitForTimeout(300);
  await page.screenshot({ path: `/tmp/s5-shot-pal.png` });
  await page.keyboard.type('demo');
  await page.waitForTimeout(300);
  await page.screenshot({ path: `/tmp/s5-shot-pal2.png` });
});
