/** Everything that the palette knows, from what the gateway said. */
import { gateway } from '$lib/state/gateway.svelte';
import { tools } from '$lib/state/tools.svelte';
import { toolHref } from '$lib/tools';
import { markOf } from '$lib/ui/state-mark';
import { m } from '$paraglide/messages';
import { SECTIONS } from '../pages/settings/sections';
import { go } from '../routes';
import type { Entry } from './palette';
import { actions } from './palette-actions';
import { clientActions, sessionActions, upstreamActions } from './palette-deeds';

function to(path: string): () => void {
  return () => go(path);
}

export function entries(): Entry[] {
  return [
    ...pages(),
    ...actions(),
    ...gateway.upstreams.flatMap(upstreamActions),
    ...gateway.clients.map(clientActions),
    ...gateway.sessions.map(sessionActions),
    ...upstreams(),
    ...toolEntries(),
    ...clients(),
    ...sessions(),
  ];
}

function pages(): Entry[] {
  const group = m.palette_pages();
  const all: [string, string][] = [
    ['/upstreams', m.nav_upstreams()],
    ['/tools', m.nav_tools()],
    ['/sessions', m.nav_sessions()],
    ['/activity', m.nav_activity()],
    ['/clients', m.nav_clients()],
    ['/settings', m.nav_settings()],
  ];
  const sections = SECTIONS.map(({ id, label }) => ({
    id: `settings ${id}`,
    group,
    label: m.palette_section({ section: label() }),
    needsSearch: true,
    run: to(`/settings/${id}`),
  }));
  return [...all.map(([path, label]) => ({ id: `page ${path}`, group, label, run: to(path) })), ...sections];
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
