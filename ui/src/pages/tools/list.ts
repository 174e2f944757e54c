/** Which tools the list shows, and in which order. Quick enough for a search as one types. */
import type { Api } from '$lib/api/client';
import { definitionOf, keyOf, type Hint } from './definition';

export type Status = 'on' | 'off' | 'held';
export type Order = 'catalog' | 'name' | 'tokens';

/** A tool with what is looked at on every key stroke. */
export interface Entry {
  key: string;
  tool: Api['ToolItem'];
  title: string | null;
  /** The description in one line. */
  line: string;
  hints: Hint[];
  status: Status;
  /** Everything that is searched, in lower case. */
  words: string;
}

export interface Filter {
  search: string;
  upstream: string;
  status: Status | '';
  order: Order;
}

/** More of a description is not shown in a row. */
const MAX_LINE = 300;

export function entryOf(tool: Api['ToolItem']): Entry {
  const { title, description, hints } = definitionOf(tool.definition);
  const words = [tool.name, tool.own_name, title, description, tool.upstream].join('\n').toLocaleLowerCase();
  const line = (description ?? title ?? '').slice(0, MAX_LINE).replace(/\s+/g, ' ').trim();
  return { key: keyOf(tool), tool, title, line, hints, status: statusOf(tool), words };
}

export function statusOf(tool: Api['ToolItem']): Status {
  if (!tool.on) return 'off';
  return tool.held_back ? 'held' : 'on';
}

/** Which of the tools of that name an address means: the one of that upstream, else the one that clients get. */
export function opened(
  tools: readonly Api['ToolItem'][],
  name: string,
  upstream: string,
): Api['ToolItem'] | undefined {
  const named = tools.filter((tool) => tool.name === name);
  return (
    named.find((tool) => tool.upstream === upstream) ??
    named.find((tool) => statusOf(tool) === 'on') ??
    named[0]
  );
}

/** The entries that fit, in the order that was asked for. */
export function listed(entries: readonly Entry[], { search, upstream, status, order }: Filter): Entry[] {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const fitting = entries.filter(
    (entry) =>
      (upstream === '' || entry.tool.upstream === upstream) &&
      (status === '' || entry.status === status) &&
      words.every((word) => entry.words.includes(word)),
  );
  if (order === 'name') return fitting.sort((one, other) => byName.compare(one.tool.name, other.tool.name));
  if (order === 'tokens') {
    return fitting.sort((one, other) => (other.tool.tokens ?? -1) - (one.tool.tokens ?? -1));
  }
  return fitting;
}

/** `many_9` before `many_10`. */
const byName = new Intl.Collator('en', { numeric: true });

export interface Share {
  upstream: string;
  tokens: number;
  /** Of the most expensive one. */
  share: number;
}

/** What each upstream's tools cost, the dearest first. */
export function sharesOf({ upstreams }: Api['TokenTotals']): Share[] {
  const all = Object.entries(upstreams).sort(([, one], [, other]) => other - one);
  const most = Math.max(1, all[0]?.[1] ?? 0);
  return all.map(([upstream, tokens]) => ({ upstream, tokens, share: tokens / most }));
}
