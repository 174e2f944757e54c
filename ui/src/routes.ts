/**
 * Every page has a URL. A list stays where it is while its details change, so it is the layout of them. All
 * but the first page are fetched when they are first opened.
 */
import { createRouter } from 'sv-router';
import NotFound from './pages/NotFound.svelte';
import UpstreamDetail from './pages/upstreams/UpstreamDetail.svelte';
import Upstreams from './pages/upstreams/Upstreams.svelte';
import Nothing from './pages/Nothing.svelte';

const router = createRouter({
  '/': Nothing,
  '/upstreams': {
    '/': Nothing,
    '/:name': UpstreamDetail,
    '/:name/:tab': UpstreamDetail,
    layout: Upstreams,
  },
  '/add': () => import('./pages/add/Add.svelte'),
  '/tools': {
    '/': Nothing,
    '/:tool': () => import('./pages/tools/ToolDetail.svelte'),
    layout: () => import('./pages/tools/Tools.svelte'),
  },
  '/sessions': {
    '/': Nothing,
    '/:session': () => import('./pages/sessions/SessionDetail.svelte'),
    layout: () => import('./pages/sessions/Sessions.svelte'),
  },
  '/activity': {
    '/': Nothing,
    '/:call': () => import('./pages/activity/CallDetail.svelte'),
    layout: () => import('./pages/activity/Activity.svelte'),
  },
  '/clients': {
    '/': Nothing,
    '/:client': () => import('./pages/clients/ClientDetail.svelte'),
    layout: () => import('./pages/clients/Clients.svelte'),
  },
  '/settings': () => import('./pages/settings/Settings.svelte'),
  '/settings/:section': () => import('./pages/settings/Settings.svelte'),
  '*': NotFound,
});

export const { route } = router;

/** False for an address with a broken `%`, which the router would give up on without a word. */
export function isReadable(pathname: string): boolean {
  try {
    decodeURIComponent(pathname);
    return true;
  } catch {
    return false;
  }
}

/** Goes to a path of ours, as it stands in the address bar, with its query. */
export function go(path: string, { replace = false } = {}): void {
  const [pathname = '/', query = ''] = path.split('?');
  const search = Object.fromEntries(new URLSearchParams(query));
  void router.navigate(pathname as '/', { replace, search });
}
