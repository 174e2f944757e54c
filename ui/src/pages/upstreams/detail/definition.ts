/** A definition as a person edits it, and back. Secrets are not text: they are kept, or taken away by name. */
import type { Api } from '$lib/api/client';
import { secretNames, valuesOf } from '$lib/upstreams';

type Transport = Exclude<Api['Transport'], { type: 'demo' }>;

export interface Value {
  name: string;
  value: string;
}

/** What a person types. */
export interface Edits {
  /** The command, or the URL. */
  target: string;
  /** One argument in each line. */
  args: string;
  cwd: string;
  values: Value[];
  /** Names of secrets that are taken away. */
  taken: string[];
}

export interface Draft extends Edits {
  type: Transport['type'];
  /** Arguments that lines cannot stand for, since one has line breaks of its own: they stay as they are. */
  keptArgs: string[] | null;
  /** As the gateway has them now. */
  secrets: Record<string, Api['ConfigValue']>;
}

/** The gateway's definition with what was typed over it. Only what was typed stays when the gateway's changes. */
export function draftOf(transport: Transport, typed: Partial<Edits> = {}): Draft {
  const given = Object.entries(valuesOf(transport));
  const texts = given.flatMap(([name, value]) => (typeof value === 'string' ? [{ name, value }] : []));
  const secrets = Object.fromEntries(given.filter(([, value]) => typeof value !== 'string'));
  const draft = { args: '', keptArgs: null, cwd: '', values: texts, secrets, taken: [] };
  if (transport.type === 'http') return { ...draft, type: 'http', target: transport.url, ...typed };
  const args = transport.args ?? [];
  const isBroken = args.some((argument) => /[\r\n]/.test(argument));
  return {
    ...draft,
    type: 'stdio',
    target: transport.command,
    args: args.join('\n') + (args.at(-1) === '' ? '\n' : ''),
    keptArgs: isBroken ? args : null,
    cwd: transport.cwd ?? '',
    ...typed,
  };
}

/** Names of the secrets that stay. */
export function keptSecrets({ secrets, taken }: Draft): string[] {
  return Object.keys(secrets).filter((name) => !taken.includes(name));
}

export function transportOf(draft: Draft): Transport {
  const { type, target, args, keptArgs, cwd, values, secrets } = draft;
  const given = Object.fromEntries([
    ...values.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
    ...keptSecrets(draft).map((name) => [name, secrets[name]]),
  ]) as Record<string, Api['ConfigValue']>;
  if (type === 'http') return { type, url: target.trim(), headers: given };
  const words = keptArgs ?? (args === '' ? [] : args.replace(/\n$/, '').split('\n'));
  return { type, command: target.trim(), args: words, cwd: cwd.trim() || null, env: given };
}

/** True when saving would change something. */
export function isChanged(before: Transport, draft: Draft): boolean {
  const whole = (transport: Transport) => JSON.stringify(transportOf(draftOf(transport)));
  return whole(before) !== JSON.stringify(transportOf(draft));
}

/** What keeps the draft from being saved; null when nothing does. */
export function lackOf(draft: Draft): 'command' | 'url' | 'twice' | null {
  const { type, target, values } = draft;
  if (type === 'stdio' && target.trim() === '') return 'command';
  if (type === 'http' && !/^https?:\/\/./i.test(target.trim())) return 'url';
  const names = values.map(({ name }) => name.trim()).filter((name) => name !== '');
  const all = [...names, ...keptSecrets(draft)];
  return new Set(all).size < all.length ? 'twice' : null;
}

/**
 * Secrets that the gateway will want anew, since what they were given for is another program or another site.
 * The gateway decides, by more than this; its answer tells.
 */
export function secretsToGiveAgain(before: Transport, after: Transport): string[] {
  return sameReceiver(before, after) ? [] : secretNames({ transport: after });
}

function sameReceiver(before: Transport, after: Transport): boolean {
  if (before.type === 'stdio' && after.type === 'stdio') {
    const words = ({ command, args = [] }: typeof before) => JSON.stringify([command, ...args]);
    return words(before) === words(after);
  }
  return before.type === 'http' && after.type === 'http' && originOf(before.url) === originOf(after.url);
}

function originOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).origin : null;
}
