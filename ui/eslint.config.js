import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['dist', 'src/paraglide', 'src/lib/api/schema.d.ts', 'project.inlang/cache'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser } } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      // Everything that comes from upstreams is text.
      'svelte/no-at-html-tags': 'error',
      // Links are checked by the router's own types.
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  {
    files: ['*.config.{js,ts}', 'scripts/*.mjs', 'e2e/**/*.ts'],
    languageOptions: { globals: { ...globals.node } },
  },
);
