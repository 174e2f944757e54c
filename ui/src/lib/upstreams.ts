/** What a person does to an upstream; the list, its details and the palette share it. */
import { api, ask, type Api } from '$lib/api/client';
import { attempt, notices } from '$lib/state/notices.svelte';
import { m } from '$paraglide/messages';

/** The fields of an upstream to change. `null` as a tool's choice brings it back to how the upstream has it. */
export type Patch = Omit<Api['UpstreamPatch'], 'tool_choices'> & {
  tool_choices?: Record<string, Api['ToolPatch'] | null>;
};

const at = (name: string) => ({ params: { path: { upstream: name } } });

/** Starts it and waits until it is ready; past failures are forgiven. */
export async function start(name: string): Promise<void> {
  await ask(api.POST('/api/upstreams/{upstream}/start', at(name)));
}

/** Stops it until it is started again. */
export async function stop(name: string): Promise<void> {
  await ask(api.POST('/api/upstreams/{upstream}/stop', at(name)));
}

/** Ends every copy and starts it anew; that goes on when this page is closed meanwhile. */
export async function restart(name: string): Promise<void> {
  await ask(api.POST('/api/upstreams/{upstream}/restart', at(name)));
}

/** Gives what it became: the gateway may switch off what lacks a secret now. */
export async function change(name: string, patch: Patch): Promise<Api['UpstreamView']> {
  return await ask(
    api.PATCH('/api/upstreams/{upstream}', { ...at(name), body: patch as Api['UpstreamPatch'] }),
  );
}

/** What is off keeps its definition, runs nothing and offers nothing. */
export async function setEnabled(name: string, enabled: boolean): Promise<void> {
  await change(name, { enabled });
}

/** Names of variables or headers whose values lie in the secret store: what a removal cannot bring back. */
export function secretNames({ transport }: Pick<Api['UpstreamSpec'], 'transport'>): string[] {
  return Object.entries(valuesOf(transport))
    .filter(([, value]) => typeof value !== 'string')
    .map(([name]) => name);
}

/** The variables of a command, or the headers of a URL. */
export function valuesOf(transport: Api['Transport']): Record<string, Api['ConfigValue']> {
  if (transport.type === 'stdio') return transport.env ?? {};
  return transport.type === 'http' ? (transport.headers ?? {}) : {};
}

/** Removes it and its secrets, at once; without secrets there is a way back. Ask first when there are some. */
export async function remove(upstream: Api['UpstreamView']): Promise<boolean> {
  const { name } = upstream;
  const wasRemoved = await attempt(() => ask(api.DELETE('/api/upstreams/{upstream}', at(name))));
  if (!wasRemoved) return false;
  const undo = { label: m.undo(), run: () => void attempt(() => addBack(upstream)) };
  notices.done(m.upstream_removed({ name }), secretNames(upstream).length === 0 ? undo : undefined);
  return true;
}

/** Registers what was removed as it was, whether or not it works now. */
export async function addBack(upstream: Api['UpstreamSpec']): Promise<void> {
  const backup = { format: 'headgate-backup', version: 1, upstreams: [definitionOf(upstream)] };
  await ask(api.POST('/api/restore', { body: { backup, mode: 'merge' } }));
}

/** The definition alone, without how it does. */
export function definitionOf(upstream: Api['UpstreamSpec']): Api['UpstreamSpec'] {
  const { name, transport, isolation, enabled, prefix, tool_choices } = upstream;
  const { keep_warm, memory_limit_mib, start_timeout_s, call_timeout_s } = upstream;
  return {
    ...{ name, transport, isolation, enabled, prefix, tool_choices },
    ...{ keep_warm, memory_limit_mib, start_timeout_s, call_timeout_s },
  };
}
