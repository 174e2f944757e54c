/** Where a tool is shown. */
import type { Api } from '$lib/api/client';
import { tools } from '$lib/state/tools.svelte';

type Tool = Pick<Api['ToolItem'], 'name' | 'upstream' | 'on' | 'held_back'>;

/** The page of a tool, with what stands in the query already. A name alone means the tool that is offered. */
export function toolHref(tool: Tool, query = ''): string {
  return hrefOf(tool, tools.isShared(tool.name), query);
}

export function hrefOf({ name, upstream, on, held_back }: Tool, isShared: boolean, query: string): string {
  const isClear = on && !held_back && !isShared;
  const of = isClear ? '' : `of=${encodeURIComponent(upstream)}`;
  const search = [query, of].filter((part) => part !== '').join('&');
  return `/tools/${encodeURIComponent(name)}${search === '' ? '' : `?${search}`}`;
}
