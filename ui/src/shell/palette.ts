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
  run: () => void;
}

export interface Group {
  title: string;
  entries: Entry[];
}

/** More of one kind would hide the others; a longer search finds the rest. */
const MAX_PER_GROUP = 8;

/** The groups in the order of their first entry; what begins with the search stands first in each. */
export function found(entries: readonly Entry[], search: string): Group[] {
  const wanted = search.trim().toLocaleLowerCase();
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (!matches(wanted, entry.label, entry.hint, entry.words)) continue;
    const group = groups.get(entry.group);
    if (group) group.push(entry);
    else groups.set(entry.group, [entry]);
  }
  return [...groups].map(([title, all]) => ({
    title,
    entries: all.toSorted((a, b) => rank(a, wanted) - rank(b, wanted)).slice(0, MAX_PER_GROUP),
  }));
}

function rank(entry: Entry, wanted: string): number {
  const label = entry.label.toLocaleLowerCase();
  if (label.startsWith(wanted)) return 0;
  return label.includes(wanted) ? 1 : 2;
}
