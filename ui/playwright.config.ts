import { defineConfig } from '@playwright/test';

/**
 * The real page in Chromium, served by a real gateway that each test starts for itself (`e2e/gate.ts`).
 * `npm run e2e` proves it; `npm run shots` writes pictures of every page for people to look at.
 */
export default defineConfig({
  testDir: './e2e',
  fullyParallel: true,
  workers: 2,
  // As with the other tests: one that passes only at the second try is named as flaky, and is a bug to look for.
  retries: 1,
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list']],
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    viewport: { width: 1280, height: 800 },
    locale: 'en',
    colorScheme: 'light',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      // A machine of ours has neither a sandbox for root nor a network, and nobody wants its news.
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    {
      name: 'e2e',
      testMatch: '*.spec.ts',
      testIgnore: 'crowd.spec.ts',
      outputDir: './node_modules/.cache/e2e',
    },
    // It measures, so it runs when nothing else does.
    {
      name: 'crowd',
      testMatch: 'crowd.spec.ts',
      dependencies: ['e2e'],
      outputDir: './node_modules/.cache/crowd',
    },
    {
      name: 'shots',
      testMatch: '*.shots.ts',
      timeout: 300_000,
      outputDir: './node_modules/.cache/shots',
      use: { trace: 'off' },
    },
  ],
});
