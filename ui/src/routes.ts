/**
 * Every page has a URL. A list stays where it is while its details change, so it is the layout of them. All
 * but the first page are fetched when they are first opened.
 */
import type { Component } from 'svelte';
import { createRouter, type LayoutComponent, type Routes } from 'sv-router';
import NotFound from './pages/NotFound.svelte';
import UpstreamDetail from './pages/upstreams/UpstreamDetail.svelte';
import Upstreams from './pages/upstreams/Upstreams.svelte';
import Nothing from './pages/Nothing.svelte';
import NotLoaded from './pages/NotLoaded.svelte';
import PageBoundary from './shell/PageBoundary.svelte';

/** The router would take the key `layout` for a path besides, and break on a thing of that name. */
function inside<Pages extends Routes>(layout: LayoutComponent, pages: Pages): Pages {
  return Object.defineProperty(pages, 'layout', { value: layout });
}

/** The router waits for good for a page that cannot be fetched, so another one takes its place. */
const notLoaded = () => ({ default: NotLoaded as Component });

const router = createRouter(
  inside(PageBoundary, {
    '/': Nothing,
    '/upstreams': inside(Upstreams, {
      '/': Nothing,
      '/:name': UpstreamDetail,
      '/:name/:tab': UpstreamDetail,
    }),
    '/add': () => import('./pages/add/Add.svelte').catch(notLoaded),
    '/tools': inside(() => import('./pages/tools/Tools.svelte').catch(notLoaded), {
      '/': Nothing,
      '/:tool': () => import('./pages/tools/ToolDetail.svelte').catch(notLoaded),
    }),
    '/sessions': inside(() => import('./pages/sessions/Sessions.svelte').catch(notLoaded), {
      '/': Nothing,
      '/:session': () => import('./pages/sessions/SessionDetail.svelte').catch(notLoaded),
    }),
    '/activity': inside(() => import('./pages/activity/Activity.svelte').catch(notLoaded), {
      '/': Nothing,
      '/:call': () => import('./pages/activity/CallDetail.svelte').catch(notLoaded),
    }),
    '/clients': inside(() => import('./pages/clients/Clients.svelte').catch(notLoaded), {
      '/': Nothing,
      '/:client': () => import('./pages/clients/ClientDetail.svelte').catch(notLoaded),
    }),
    '/settings': () => import('./pages/settings/Settings.svelte').catch(notLoaded),
    '/settings/:section': () => import('./pages/settings/Settings.svelte').catch(notLoaded),
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
