/** The three steps of a first run: a plain function of what is registered and what was called. */
import type { Api } from '$lib/api/client';
import { definitionOf } from '../tools/definition';

type Call = Pick<Api['CallView'], 'id' | 'client' | 'method' | 'outcome' | 'target' | 'duration_us'>;

/** In this name the window calls tools. */
export const FACE = 'headgate';

/** In these names people call tools by hand; everybody else is a client. */
const FACES: readonly string[] = [FACE, 'headgate-cli'];

export function isClient(name: string): boolean {
  return !FACES.includes(name);
}

export interface Known<C extends Call> {
  upstreams: number;
  /** Clients whose sessions are open now. */
  connected: readonly string[];
  /** Recorded and heard ones, in any order. */
  calls: readonly C[];
}

export interface Steps<C extends Call> {
  hasUpstream: boolean;
  /** The first good call by hand. */
  tried: C | null;
  /** The first good call of a client. */
  answered: C | null;
  /** A client that is connected and has called nothing yet. */
  waitingFor: string | null;
  /** The first step to do; null when all are done. */
  next: 'add' | 'try' | 'connect' | null;
}

export function stepsOf<C extends Call>({ upstreams, connected, calls }: Known<C>): Steps<C> {
  const good = calls.filter(({ method, outcome }) => method === 'tools/call' && outcome === 'ok');
  const hasUpstream = upstreams > 0;
  const tried = first(good.filter(({ client }) => !isClient(client)));
  const answered = first(good.filter(({ client }) => isClient(client)));
  const waitingFor = answered === null ? (connected.find(isClient) ?? null) : null;
  const next = !hasUpstream ? 'add' : tried === null ? 'try' : answered === null ? 'connect' : null;
  return { hasUpstream, tried, answered, waitingFor, next };
}

function first<C extends Call>(calls: readonly C[]): C | null {
  return calls.reduce<C | null>((found, call) => (found === null || call.id < found.id ? call : found), null);
}

/** What this window remembers of the strip: it was `open`, or is over; null when it was never shown. */
export type Kept = 'open' | 'over' | null;

/**
 * Whether the strip is there. Who has done all before this window first looked never sees it; who did it
 * while it was there sees how it ended.
 */
export function isShown(kept: Kept, isDone: boolean): boolean {
  return kept !== 'over' && (!isDone || kept === 'open');
}

type Tool = Pick<Api['ToolItem'], 'name' | 'own_name' | 'upstream' | 'on' | 'held_back' | 'definition'>;

/** The tool to try first: the demo's `echo`, else the one that does the least harm and needs the least thought. */
export function toolToTry<T extends Tool>(items: readonly T[], demos: readonly string[]): T | null {
  const callable = items.filter((tool) => tool.on && !tool.held_back);
  const echo = callable.find((tool) => isEcho(tool, demos));
  if (echo) return echo;
  const ranked = callable.map((tool) => ({ tool, risk: riskOf(tool) }));
  return ranked.sort((a, b) => a.risk - b.risk)[0]?.tool ?? null;
}

/** What only reads comes first, what says that it destroys comes last; among alike, what can be called as it is. */
function riskOf({ definition }: Tool): number {
  const { hints, inputSchema } = definitionOf(definition);
  const harm = hints.includes('read_only') ? 0 : hints.includes('destructive') ? 2 : 1;
  const { required } = (inputSchema ?? {}) as { required?: unknown };
  const needsArguments = Array.isArray(required) && required.length > 0;
  return harm * 2 + Number(needsArguments);
}

export function isEcho({ upstream, own_name }: Tool, demos: readonly string[]): boolean {
  return demos.includes(upstream) && own_name === 'echo';
}
