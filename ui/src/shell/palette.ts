/** Which entries of the palette fit a search: a plain function. */
import { matches } from '$lib/search';

export interface Entry {
  /** Unique among all. */
  id: string;
  group: string;
  label: string;
  hint?: string;
  /** What else it is found by. */
  words?: string;
  /** One of very many of its kind: without a search nobody means just this one. */
  needsSearch?: boolean;
  /** Asked before it is done, since it cannot be undone. */
  question?: Question;
  run: () => void | Promise<void>;
}

export interface Question {
  title: string;
  text: string;
  action: string;
}

export interface Group {
  title: string;
  entries: Entry[];
}

/** More of one kind would hide the others; a longer search finds the rest. */
const MAX_PER_GROUP = 8;

/**
 * What begins with the search stands first in each group, and the groups that have such come first, so that who types a
 * name meets the thing before what can be done to it.
 */
export function found(entries: readonly Entry[], search: string): Group[] {
  const wanted = search.trim().toLocaleLowerCase();
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (wanted === '' && entry.needsSearch) continue;
    if (!matches(wanted, entry.label, entry.hint, entry.words)) continue;
    const group = groups.get(entry.group);
    if (group) group.push(entry);
    else groups.set(entry.group, [entry]);
  }
  return [...groups]
    .map(([title, all]) => {
      const ranked = all.map((entry) => ({ entry, rank: rank(entry, wanted) }));
      return { title, ranked: ranked.sort((a, b) => a.rank - b.rank).slice(0, MAX_PER_GROUP) };
    })
    .sort((a, b) => (a.ranked[0]?.rank ?? 0) - (b.ranked[0]?.rank ?? 0))
    .map(({ title, ranked }) => ({ title, entries: ranked.map(({ entry }) => entry) }));
}

function rank(entry: Entry, wanted: string): number {
  const label = entry.label.toLocaleLowerCase();
  if (label.startsWith(wanted)) return 0;
  return label.includes(wanted) ? 1 : 2;
}
