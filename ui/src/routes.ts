/** Every page has a URL. A list stays where it is while its details change, so it is the layout of them. */
import { createRouter } from 'sv-router';
import NotFound from './pages/NotFound.svelte';
import Activity from './pages/activity/Activity.svelte';
import CallDetail from './pages/activity/CallDetail.svelte';
import Add from './pages/add/Add.svelte';
import ClientDetail from './pages/clients/ClientDetail.svelte';
import Clients from './pages/clients/Clients.svelte';
import SessionDetail from './pages/sessions/SessionDetail.svelte';
import Sessions from './pages/sessions/Sessions.svelte';
import Settings from './pages/settings/Settings.svelte';
import ToolDetail from './pages/tools/ToolDetail.svelte';
import Tools from './pages/tools/Tools.svelte';
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
  '/add': Add,
  '/tools': { '/': Nothing, '/:tool': ToolDetail, layout: Tools },
  '/sessions': { '/': Nothing, '/:session': SessionDetail, layout: Sessions },
  '/activity': { '/': Nothing, '/:call': CallDetail, layout: Activity },
  '/clients': { '/': Nothing, '/:client': ClientDetail, layout: Clients },
  '/settings': Settings,
  '/settings/:section': Settings,
  '*': NotFound,
});

export const { route } = router;

/** Goes to a path of ours, as it stands in the address bar, with its query. */
export function go(path: string, { replace = false } = {}): void {
  const [pathname = '/', query = ''] = path.split('?');
  const search = Object.fromEntries(new URLSearchParams(query));
  void router.navigate(pathname as '/', { replace, search });
}
