/** What an event does to the state: a plain function, so that its tests need no gateway. */
import type { Api } from '$lib/api/client';

export type State = Api['State'];

/** The state after `event`; the same object when the event says nothing about it. */
export function reduce(state: State | null, event: Api['Event']): State | null {
  if ('state' in event) return event.state;
  if (state === null) return null;
  if ('upstream' in event) return { ...state, upstreams: replaced(state.upstreams, event.upstream) };
  if ('upstream_removed' in event) {
    const gone = event.upstream_removed;
    return { ...state, upstreams: state.upstreams.filter((upstream) => upstream.name !== gone) };
  }
  if ('sessions' in event) return { ...state, sessions: event.sessions };
  if ('clients' in event) return { ...state, clients: event.clients };
  if ('settings' in event) return { ...state, settings: event.settings };
  if ('status' in event) return { ...state, status: event.status };
  if ('catalog' in event) return { ...state, catalog: event.catalog };
  if ('usage' in event) return withUsage(state, event.usage);
  return state;
}

function replaced(upstreams: Api['UpstreamView'][], changed: Api['UpstreamView']): Api['UpstreamView'][] {
  const at = upstreams.findIndex((upstream) => upstream.name === changed.name);
  return at < 0 ? [...upstreams, changed] : upstreams.with(at, changed);
}

function withUsage(state: State, figures: Api['Figures']): State {
  const { gateway, total, saving } = figures;
  const upstreams = state.upstreams.map((upstream) => ({
    ...upstream,
    usage: figures.upstreams[upstream.name],
  }));
  return { ...state, upstreams, status: { ...state.status, gateway, total, saving } };
}
