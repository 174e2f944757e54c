/** A definition as a person edits it, and back. What is not text here, a secret, is carried along as it is. */
import type { Api } from '$lib/api/client';
import { valuesOf } from '$lib/upstreams';

type Transport = Exclude<Api['Transport'], { type: 'demo' }>;

export interface Value {
  name: string;
  /** A text is edited; a secret is kept, or taken away with its name. */
  value: Api['ConfigValue'];
}

export interface Draft {
  type: Transport['type'];
  /** The command, or the URL. */
  target: string;
  /** One argument in each line. */
  args: string;
  /** Arguments that lines cannot stand for, since one has line breaks of its own: they stay as they are. */
  keptArgs: string[] | null;
  cwd: string;
  values: Value[];
}

export function draftOf(transport: Transport): Draft {
  const values = Object.entries(valuesOf(transport)).map(([name, value]) => ({ name, value }));
  const draft = { args: '', keptArgs: null, cwd: '', values };
  if (transport.type === 'http') return { ...draft, type: 'http', target: transport.url };
  const args = transport.args ?? [];
  const isBroken = args.some((argument) => /[\r\n]/.test(argument));
  return {
    ...draft,
    type: 'stdio',
    target: transport.command,
    args: args.join('\n') + (args.at(-1) === '' ? '\n' : ''),
    keptArgs: isBroken ? args : null,
    cwd: transport.cwd ?? '',
  };
}

export function transportOf({ type, target, args, keptArgs, cwd, values }: Draft): Transport {
  const given = Object.fromEntries(
    values.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  );
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
export function lackOf({ type, target, values }: Draft): 'command' | 'url' | 'twice' | null {
  if (type === 'stdio' && target.trim() === '') return 'command';
  if (type === 'http' && !/^https?:\/\/./i.test(target.trim())) return 'url';
  const names = values.map(({ name }) => name.trim()).filter((name) => name !== '');
  return new Set(names).size < names.length ? 'twice' : null;
}
