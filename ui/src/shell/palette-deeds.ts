/** What the palette does to one upstream, client or session: the same, and after the same questions, as their pages. */
import type { Api } from '$lib/api/client';
import { remove, secretNames } from '$lib/upstreams';
import { m } from '$paraglide/messages';
import { removeClient } from '../pages/clients/remove';
import { endSession } from '../pages/sessions/end';
import { offer } from '../pages/upstreams/actions';
import { actionsOf } from '../pages/upstreams/list';
import { go, route } from '../routes';
import type { Entry } from './palette';

export function upstreamActions(upstream: Api['UpstreamView']): Entry[] {
  const { name } = upstream;
  const path = `/upstreams/${encodeURIComponent(name)}`;
  const entry = (what: string, label: string, run: Entry['run']): Entry => ({
    id: `${what} ${name}`,
    group: m.palette_actions(),
    label,
    needsSearch: true,
    run,
  });
  return [
    ...actionsOf(upstream).map((action) => {
      const { label, run } = offer(action, name);
      return entry(action, label, run);
    }),
    entry('test', m.palette_test({ name }), () => go(`${path}?test=1`)),
    entry('logs', m.palette_logs({ name }), () => go(`${path}/logs`)),
    entry('settings of', m.palette_upstream_settings({ name }), () => go(`${path}/settings`)),
    { ...removal(upstream, path), id: `remove ${name}`, group: m.palette_actions(), needsSearch: true },
  ];
}

/** Only secrets cannot be brought back. */
function removal(upstream: Api['UpstreamView'], path: string): Pick<Entry, 'label' | 'question' | 'run'> {
  const { name } = upstream;
  const label = m.upstreams_action_remove_name({ name });
  const secrets = secretNames(upstream).join(', ');
  return {
    label,
    question:
      secrets === ''
        ? undefined
        : {
            title: m.upstreams_remove_question({ name }),
            text: m.upstreams_remove_text({ secrets }),
            action: label,
          },
    run: async () => {
      if (await remove(upstream)) leave(path, '/upstreams');
    },
  };
}

export function clientActions({ name }: Api['ClientView']): Entry {
  const action = m.clients_remove({ name });
  return {
    id: `remove client ${name}`,
    group: m.palette_actions(),
    label: action,
    hint: m.nav_clients(),
    needsSearch: true,
    question: { title: m.clients_remove_question({ name }), text: m.clients_remove_text(), action },
    run: async () => {
      if (await removeClient(name)) leave(`/clients/${encodeURIComponent(name)}`, '/clients');
    },
  };
}

export function sessionActions(session: Api['SessionView']): Entry {
  const { id } = session;
  const name = session.client_info ?? session.client;
  return {
    id: `end ${id}`,
    group: m.palette_actions(),
    label: m.palette_end_session({ name }),
    hint: id,
    words: session.project ?? '',
    needsSearch: true,
    question: {
      title: m.sessions_end_question({ name }),
      text: m.sessions_end_text(),
      action: m.sessions_end(),
    },
    run: async () => {
      if (await endSession(id, name)) leave(`/sessions/${encodeURIComponent(id)}`, '/sessions');
    },
  };
}

/** The page of what is gone is left for its list. */
function leave(path: string, list: string): void {
  if (route.pathname === path || route.pathname.startsWith(`${path}/`)) go(list);
}
