/** Lines of an upstream's log, put together from one look after another: plain functions. */
import type { Api } from '$lib/api/client';
import { withoutCodes } from '$lib/terminal';

export interface Line {
  /** Rises with each line; it tells lines apart that say the same. */
  id: number;
  atMs: number;
  source: Source;
  text: string;
}

export const SOURCES = ['stderr', 'noise', 'log', 'life'] as const;
export type Source = (typeof SOURCES)[number];

/** What one page remembers: ten times what the gateway does, and still searched in a moment. */
export const MAX_LINES = 5000;

/** What is known and what was just heard, which begins somewhere in it. */
export function joined(known: readonly Line[], heard: readonly Api['LogLine'][]): readonly Line[] {
  const overlap = overlapOf(known, heard);
  if (overlap === heard.length) return known;
  let id = known.at(-1)?.id ?? 0;
  const added = heard.slice(overlap).map(({ at_ms, source, text }) => ({
    id: ++id,
    atMs: at_ms,
    source: sourceOf(source),
    text: withoutCodes(text),
  }));
  return [...known, ...added].slice(-MAX_LINES);
}

/** How many lines at the end of `known` are the first ones of `heard`. */
function overlapOf(known: readonly Line[], heard: readonly Api['LogLine'][]): number {
  for (let length = Math.min(known.length, heard.length); length > 0; length -= 1) {
    const from = known.length - length;
    const isSame = (line: Api['LogLine'], at: number) => {
      const other = known[from + at];
      return (
        other?.atMs === line.at_ms && other.source === line.source && other.text === withoutCodes(line.text)
      );
    };
    if (heard.slice(0, length).every(isSame)) return length;
  }
  return 0;
}

function sourceOf(word: string): Source {
  return SOURCES.find((source) => source === word) ?? 'log';
}

/** As a file has them. */
export function asText(lines: readonly Line[]): string {
  return lines
    .map(({ atMs, source, text }) => `${new Date(atMs).toISOString()} ${source.padEnd(6)} ${text}\n`)
    .join('');
}
