import { fileURLToPath } from 'node:url';
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { licences } from './scripts/licences.mjs';

/** The components of a library of ours have style attributes, which the content security policy forbids. */
const noStyleAttributes: Plugin = {
  name: 'no-style-attributes',
  enforce: 'pre',
  transform: {
    filter: { id: /bits-ui.*\.svelte$/ },
    handler: (code) => code.replaceAll('style="display: contents;"', 'style:display="contents"'),
  },
};

export default defineConfig({
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/paraglide',
      strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
      cleanOutdir: false,
    }),
    noStyleAttributes,
    svelte(),
    licences(),
  ],
  resolve: {
    alias: {
      $lib: fileURLToPath(new URL('./src/lib', import.meta.url)),
      $paraglide: fileURLToPath(new URL('./src/paraglide', import.meta.url)),
    },
    // Vitest would otherwise take the server's half of Svelte.
    conditions: process.env.VITEST ? ['browser'] : undefined,
  },
  build: {
    // What the web views of the oldest systems that we support can read: macOS 13, WebKitGTK 2.42.
    target: ['safari17.5', 'chrome123'],
    // Nothing inline: the content security policy allows files of our own alone.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 400,
    modulePreload: { polyfill: false },
  },
  // `HEADGATE_URL=http://127.0.0.1:4283 npm run dev` speaks to that gateway; open the link of
  // `headgate ui --print` with this port in the place of the gateway's.
  server: {
    port: Number(process.env.PORT ?? 4280),
    host: '127.0.0.1',
    // The icons lie beside the page's own folder.
    fs: { allow: ['.', '../icons'] },
    proxy: process.env.HEADGATE_URL
      ? {
          '/api': {
            target: process.env.HEADGATE_URL,
            changeOrigin: true,
            configure: (proxy) => proxy.on('proxyReq', (request) => request.removeHeader('origin')),
          },
        }
      : undefined,
  },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts'], restoreMocks: true },
});
