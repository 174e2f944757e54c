/** From what was read and what a person chose to what is posted: plain functions. */
import type { Api } from '$lib/api/client';
import type { ValueChange } from './values';

export interface Choices {
  proposal: Api['Proposal'];
  name: string;
  prefix: string;
  isolation: Api['Isolation'];
  isKeptWarm: boolean;
  isEnabled: boolean;
  secrets: Record<string, string>;
  off: string[];
  renamed: Record<string, string>;
}

/** What to post to `/api/upstreams` or `/api/upstreams/test`. */
export function chosenDefinition(choices: Choices): Api['NewUpstream'] {
  const { definition, transport } = choices.proposal;
  const typed = Object.entries(choices.secrets).filter(([, value]) => value !== '');
  const tools: Api['NewUpstream']['tool_choices'] = { ...definition.tool_choices };
  for (const [tool, name] of Object.entries(choices.renamed)) {
    if (name !== '') tools[tool] = { ...tools[tool], name };
  }
  for (const tool of choices.off) tools[tool] = { ...tools[tool], off: true };
  return {
    ...definition,
    name: choices.name,
    // Who is off waits for the secrets that it lacks.
    transport: choices.isEnabled ? definition.transport : transport,
    prefix: choices.prefix === '' ? undefined : choices.prefix,
    isolation: choices.isolation,
    keep_warm: choices.isKeptWarm,
    enabled: choices.isEnabled,
    secrets: { ...definition.secrets, ...Object.fromEntries(typed) },
    tool_choices: tools,
  };
}

/** What the gateway takes for the name of an upstream. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Names of secrets that have no value yet. */
export function missingSecrets(proposal: Api['Proposal'], typed: Record<string, string>): string[] {
  return proposal.secrets.filter(({ name, given }) => !given && !typed[name]).map(({ name }) => name);
}

/** What a person typed into the form. */
export interface FormFields {
  kind: 'stdio' | 'http';
  name: string;
  command: string;
  args: string;
  cwd: string;
  url: string;
  /** Variables or headers. */
  values: FormValue[];
}

export interface FormValue {
  name: string;
  value: string;
  isSecret: boolean;
}

/** A new row: most of what is typed there is a key. */
export function emptyValue(): FormValue {
  return { name: '', value: '', isSecret: true };
}

export function emptyForm(): FormFields {
  return {
    kind: 'stdio',
    name: '',
    command: '',
    args: '',
    cwd: '',
    url: '',
    values: [emptyValue()],
  };
}

/**
 * The form as a piece of settings, so that it is read by the same rules as everything that is pasted. Null
 * while it names nothing to run or call.
 */
export function formAsText(fields: FormFields): string | null {
  const values = Object.fromEntries(
    fields.values.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  );
  const name = fields.name.trim();
  const server = fields.kind === 'http' ? httpServer(fields, values) : stdioServer(fields, values);
  if (server === null) return null;
  return JSON.stringify(name === '' ? server : { mcpServers: { [name]: server } });
}

/** What the form says of its values, whatever they look like. */
export function formSecrecy({ values }: FormFields): ValueChange[] {
  const typed = values.filter(({ name, value }) => name.trim() !== '' && value !== '');
  return typed.map(({ name, isSecret }) => ({ name: name.trim(), isSecret }));
}

function httpServer({ url }: FormFields, headers: Record<string, string>): object | null {
  if (url.trim() === '') return null;
  return { type: 'http', url: url.trim(), ...(Object.keys(headers).length > 0 && { headers }) };
}

function stdioServer({ command, args, cwd }: FormFields, env: Record<string, string>): object | null {
  if (command.trim() === '') return null;
  const list = args.split('\n').filter((line) => line !== '');
  return {
    command: command.trim(),
    ...(list.length > 0 && { args: list }),
    ...(cwd.trim() !== '' && { cwd: cwd.trim() }),
    ...(Object.keys(env).length > 0 && { env }),
  };
}
