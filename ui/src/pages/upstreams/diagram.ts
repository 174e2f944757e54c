/** The picture at the head of the page: who stands on which bank, and the lines between them. No DOM here. */
import type { Api } from '$lib/api/client';
import { isTrouble } from '$lib/ui/state-mark';
import { isClient } from '../start/steps';
import { groupOf, type Group, type Upstream } from './list';

export const HEIGHT = 148;
const PITCH = 20;
/** As many as stand one above the other in `HEIGHT`; with more the last one says how many. */
const MAX_ROWS = 7;
/** Half of what lies between the posts of the gate. */
export const GATE = 20;
/** What a text of the smallest size takes for a letter, on the wide side. */
const LETTER = 6.6;

export interface Place {
  /** Null stands for those that have no place of their own. */
  name: string | null;
  /** How many sessions of a client, or how many more. */
  count: number;
  y: number;
}
export interface UpstreamPlace extends Place {
  group: Group;
  hasFailed: boolean;
}
export interface Line {
  key: string;
  upstream: string | null;
  client: string | null;
  path: string;
  kind: 'open' | 'idle' | 'asleep' | 'cut';
}
export interface Picture {
  width: number;
  /** Where the names of the left bank end, and those of the right one begin. */
  left: number;
  right: number;
  letters: number;
  upstreams: UpstreamPlace[];
  clients: Place[];
  lines: Line[];
}

type Session = Pick<Api['SessionView'], 'client' | 'upstreams'>;

export function picture(all: readonly Upstream[], sessions: readonly Session[], width: number): Picture {
  const guests = sessions.filter(({ client }) => isClient(client));
  const left = Math.min(220, Math.max(96, Math.round(width * 0.24)));
  const upstreams = upstreamPlaces(all, guests);
  const clients = clientPlaces(guests);
  const bare = { width, left, right: width - left, letters: Math.floor((left - 20) / LETTER) };
  return { ...bare, upstreams, clients, lines: linesOf({ ...bare, upstreams, clients }, guests) };
}

/** Those that are used or in trouble have a place before those that rest; the order is that of the list. */
function upstreamPlaces(all: readonly Upstream[], sessions: readonly Session[]): UpstreamPlace[] {
  const used = new Set(sessions.flatMap((session) => session.upstreams ?? []));
  const weight = (upstream: Upstream) =>
    (used.has(upstream.name) ? 8 : 0) +
    (isTrouble(upstream) ? 4 : 0) +
    (upstream.state === 'ready' ? 2 : 0) +
    ((upstream.last_used_ms ?? 0) > 0 ? 1 : 0);
  const shown = fitting(all, weight);
  const places = shown.map((upstream) => ({
    name: upstream.name,
    count: 1,
    group: groupOf(upstream),
    hasFailed: upstream.enabled && upstream.state === 'failed',
  }));
  const others = all.length - shown.length;
  const more = { name: null, count: others, group: 'asleep' as const, hasFailed: false };
  return placed(others > 0 ? [...places, more] : places);
}

function clientPlaces(sessions: readonly Session[]): Place[] {
  const counts = new Map<string, number>();
  for (const { client } of sessions) counts.set(client, (counts.get(client) ?? 0) + 1);
  const all = [...counts]
    .map(([name, count]) => ({ name, count }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const shown = fitting(all, ({ count }) => count);
  const others = all.length - shown.length;
  return placed(others > 0 ? [...shown, { name: null, count: others }] : shown);
}

/** The heaviest that have room, in the order they came. */
function fitting<T>(all: readonly T[], weight: (item: T) => number): T[] {
  if (all.length <= MAX_ROWS) return [...all];
  const heaviest = all.toSorted((a, b) => weight(b) - weight(a)).slice(0, MAX_ROWS - 1);
  const kept = new Set(heaviest);
  return all.filter((item) => kept.has(item));
}

function placed<T>(items: T[]): (T & { y: number })[] {
  return items.map((item, at) => ({ ...item, y: HEIGHT / 2 + (at - (items.length - 1) / 2) * PITCH }));
}

type Banks = Omit<Picture, 'lines'>;

function linesOf(banks: Banks, sessions: readonly Session[]): Line[] {
  const lines = new Map<string, Line>();
  for (const session of sessions) {
    for (const used of session.upstreams ?? []) {
      const upstream = placeOf(banks.upstreams, used);
      const client = placeOf(banks.clients, session.client);
      if (upstream === undefined || client === undefined) continue;
      const key = JSON.stringify([upstream.name, client.name]);
      const path = through(banks, upstream.y, client.y);
      lines.set(key, { key, upstream: upstream.name, client: client.name, path, kind: 'open' });
    }
  }
  const open = [...lines.values()];
  const resting = banks.upstreams
    .filter(({ name }) => !open.some(({ upstream }) => upstream === name))
    .map((place) => toGate(banks, place));
  const silent = banks.clients
    .filter(({ name }) => !open.some(({ client }) => client === name))
    .map(({ name, y }): Line => {
      const key = JSON.stringify({ client: name });
      return { key, upstream: null, client: name, path: fromGate(banks, y), kind: 'idle' };
    });
  return [...resting, ...silent, ...open];
}

/** Its own place, else the one for those who have none. */
function placeOf<P extends Place>(places: readonly P[], name: string): P | undefined {
  return places.find((place) => place.name === name) ?? places.find((place) => place.name === null);
}

function toGate(banks: Banks, { name, y, group }: UpstreamPlace): Line {
  const line = { key: JSON.stringify({ upstream: name }), upstream: name, client: null };
  if (group === 'running') return { ...line, path: halfPath(banks, y), kind: 'idle' };
  if (group === 'asleep') return { ...line, path: halfPath(banks, y), kind: 'asleep' };
  const from = banks.left + 14;
  return { ...line, path: `M${from} ${y}h22`, kind: 'cut' };
}

/** Lines come together in the gate and keep apart enough to be followed. */
function narrowed(y: number): number {
  return HEIGHT / 2 + 14 + (y - HEIGHT / 2) * 0.42;
}

function halfPath({ width, left }: Banks, y: number): string {
  const [from, to, at] = [left + 14, width / 2 - GATE, narrowed(y)];
  const middle = (from + to) / 2;
  return `M${from} ${y}C${middle} ${y} ${middle} ${at} ${to} ${at}`;
}

function fromGate({ width, right }: Banks, y: number): string {
  const [from, to, at] = [width / 2 + GATE, right - 14, narrowed(y)];
  const middle = (from + to) / 2;
  return `M${from} ${at}C${middle} ${at} ${middle} ${y} ${to} ${y}`;
}

function through(banks: Banks, upstream: number, client: number): string {
  const at = narrowed((upstream + client) / 2);
  const [from, gate, to] = [banks.left + 14, banks.width / 2, banks.right - 14];
  const [before, after] = [(from + gate - GATE) / 2, (gate + GATE + to) / 2];
  return (
    `M${from} ${upstream}C${before} ${upstream} ${before} ${at} ${gate - GATE} ${at}` +
    `H${gate + GATE}C${after} ${at} ${after} ${client} ${to} ${client}`
  );
}

/** The way of one call; null when nothing of it is in the picture. */
export function wayOf(banks: Banks, upstream: string | null, client: string): string | null {
  const server = upstream === null ? undefined : placeOf(banks.upstreams, upstream);
  // The window's own calls begin at the gate.
  const caller = !isClient(client) ? undefined : placeOf(banks.clients, client);
  if (server !== undefined && caller !== undefined) return through(banks, server.y, caller.y);
  if (server !== undefined) return halfPath(banks, server.y);
  return caller === undefined ? null : fromGate(banks, caller.y);
}

/** With an ellipsis where it is too long. */
export function shortened(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;
}

/** In lines that fit, broken between words. */
export function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

type Timed = Pick<Api['CallView'], 'id' | 'at_ms' | 'duration_us'>;

/** How many calls ended within a minute before `nowMs`; one that was both read and heard counts once. */
export function callsOfLastMinute(calls: readonly Timed[], nowMs: number): number {
  const ids = calls
    .filter(({ at_ms, duration_us }) => at_ms + duration_us / 1000 > nowMs - 60_000)
    .map(({ id }) => id);
  return new Set(ids).size;
}

/** True when sharing spares so much that a sentence about it is worth its place. */
export function isWorthTelling(saving: Api['Saving']): boolean {
  return (
    saving.sessions > 1 &&
    saving.without_processes > saving.processes &&
    saving.without_memory_bytes > saving.memory_bytes
  );
}
