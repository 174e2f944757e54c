/** Everything that the palette knows, from what the gateway said. */
import { backend } from '$lib/backend';
import { gateway } from '$lib/state/gateway.svelte';
import { attempt, notices } from '$lib/state/notices.svelte';
import { tools } from '$lib/state/tools.svelte';
import { toolHref } from '$lib/tools';
import { start, stop } from '$lib/upstreams';
import { markOf } from '$lib/ui/state-mark';
import { m } from '$paraglide/messages';
import { go } from '../routes';
import { gate } from './gate.svelte';
import type { Entry } from './palette';

function to(path: string): () => void {
  return () => go(path);
}

export function entries(): Entry[] {
  return [...pages(), ...actions(), ...upstreams(), ...toolEntries(), ...clients(), ...sessions()];
}

function pages(): Entry[] {
  const all: [string, string][] = [
    ['/upstreams', m.nav_upstreams()],
    ['/tools', m.nav_tools()],
    ['/sessions', m.nav_sessions()],
    ['/activity', m.nav_activity()],
    ['/clients', m.nav_clients()],
    ['/settings', m.nav_settings()],
  ];
  return all.map(([path, label]) => ({ id: `page ${path}`, group: m.palette_pages(), label, run: to(path) }));
}

function actions(): Entry[] {
  const group = m.palette_actions();
  const list: Entry[] = [
    { id: 'action add', group, label: m.action_add_upstream(), run: to('/add') },
    { id: 'action client', group, label: m.action_add_client(), run: to('/clients?new=1') },
  ];
  const url = gateway.mcpUrl;
  if (url !== null)
    list.push({ id: 'action url', group, label: m.action_copy_url(), hint: url, run: () => void copy(url) });
  if (gate.canSwitch && gate.isOn)
    list.push({ id: 'action stop', group, label: m.gate_stop(), run: () => gate.askToStop() });
  if (gate.canSwitch && !gate.isOn)
    list.push({ id: 'action start', group, label: m.gate_start(), run: () => void gate.start() });
  for (const { name, state, enabled } of gateway.upstreams) {
    if (enabled && state === 'ready') {
      const run = () => void attempt(() => stop(name));
      list.push({ id: `stop ${name}`, group, label: m.action_stop({ name }), run });
    } else if (enabled && state !== 'starting') {
      const run = () => void attempt(() => start(name));
      list.push({ id: `start ${name}`, group, label: m.action_start({ name }), run });
    }
  }
  return list;
}

async function copy(url: string): Promise<void> {
  if (await attempt(() => backend.copy(url))) notices.done(m.url_copied());
}

function upstreams(): Entry[] {
  return gateway.upstreams.map((upstream) => ({
    id: `upstream ${upstream.name}`,
    group: m.palette_upstreams(),
    label: upstream.name,
    hint: markOf(upstream).word,
    run: to(`/upstreams/${encodeURIComponent(upstream.name)}`),
  }));
}

function toolEntries(): Entry[] {
  return (tools.query.data?.items ?? []).map((tool) => ({
    id: `tool ${tool.upstream} ${tool.own_name}`,
    group: m.palette_tools(),
    label: tool.name,
    hint: tool.upstream,
    run: () => go(toolHref(tool)),
  }));
}

function clients(): Entry[] {
  return gateway.clients.map((client) => ({
    id: `client ${client.name}`,
    group: m.palette_clients(),
    label: client.name,
    run: to(`/clients/${encodeURIComponent(client.name)}`),
  }));
}

function sessions(): Entry[] {
  return gateway.sessions.map((session) => ({
    id: `session ${session.id}`,
    group: m.palette_sessions(),
    label: session.client_info ?? session.client,
    hint: session.id,
    words: session.project ?? '',
    run: to(`/sessions/${encodeURIComponent(session.id)}`),
  }));
}
