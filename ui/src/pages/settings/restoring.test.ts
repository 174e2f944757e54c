import { expect, it } from 'vitest';
import { documentOf, staying, toDo, type Item } from './restoring.svelte';

it('a file that is no backup says so by its name', () => {
  expect(() => documentOf('{', 'a.json')).toThrow(/a\.json/);
  expect(() => documentOf('{"mcpServers":{}}', 'b.json')).toThrow(/b\.json/);
  expect(() => documentOf('null', 'c.json')).toThrow(/c\.json/);
  expect(documentOf('{"format":"headgate-backup","version":1}', 'd.json').version).toBe(1);
});

it('what is done stands apart from what stays', () => {
  const actions = ['added', 'changed', 'removed', 'unchanged', 'left'] as const;
  const items = actions.map((action): Item => ({ action, kind: 'upstream', name: action }));
  const report = { dry_run: true, items };
  expect(toDo(report).map(({ name }) => name)).toEqual(['added', 'changed', 'removed']);
  expect(staying(report).map(({ name }) => name)).toEqual(['unchanged', 'left']);
});
