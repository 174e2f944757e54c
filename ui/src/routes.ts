/**
 * Every page has a URL. A list stays where it is while its details change, so it is the layout of them. All
 * but the first page are fetched when they are first opened.
 */
import { createRouter, type LayoutComponent, type Routes } from 'sv-router';
import NotFound from './pages/NotFound.svelte';
import UpstreamDetail from './pages/upstreams/UpstreamDetail.svelte';
import Upstreams from './pages/upstreams/Upstreams.svelte';
import Nothing from './pages/Nothing.svelte';
import PageBoundary from './shell/PageBoundary.svelte';

/** The router would take the key `layout` for a path besides, and break on a thing of that name. */
function inside<Pages extends Routes>(layout: LayoutComponent, pages: Pages): Pages {
  return Object.defineProperty(pages, 'layout', { value: layout });
}

const router = createRouter(
  inside(PageBoundary, {
    '/': Nothing,
    '/upstreams': inside(Upstreams, {
      '/': Nothing,
      '/:name': UpstreamDetail,
      '/:name/:tab': UpstreamDetail,
    }),
    '/add': () => import('./pages/add/Add.svelte'),
    '/tools': inside(() => import('./pages/tools/Tools.svelte'), {
      '/': Nothing,
      '/:tool': () => import('./pages/tools/ToolDetail.svelte'),
    }),
    '/sessions': inside(() => import('./pages/sessions/Sessions.svelte'), {
      '/': Nothing,
      '/:session': () => import('./pages/sessions/SessionDetail.svelte'),
    }),
    '/activity': inside(() => import('./pages/activity/Activity.svelte'), {
      '/': Nothing,
      '/:call': () => import('./pages/activity/CallDetail.svelte'),
    }),
    '/clients': inside(() => import('./pages/clients/Clients.svelte'), {
      '/': Nothing,
      '/:client': () => import('./pages/clients/ClientDetail.svelte'),
    }),
    '/settings': () => import('./pages/settings/Settings.svelte'),
    '/settings/:section': () => import('./pages/settings/Settings.svelte'),
    '*': NotFound,
  }),
);

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
