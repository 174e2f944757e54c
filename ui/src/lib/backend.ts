/**
 * The one file that knows whether the page runs in the desktop app or in a browser. Both give the same
 * `fetch` for `/api/...`. In the app the admin token stays in Rust; in a browser the page holds a token of
 * its own in `sessionStorage` and sends it as a header, never as a cookie.
 */
import { Channel, invoke, isTauri } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { m } from '$paraglide/messages';
import { isWebLink } from './links';

/** How the gateway itself does, as the app sees it. */
export interface GatewayState {
  state: 'running' | 'starting' | 'stopping' | 'stopped' | 'failed';
  reason: string | null;
  url: string | null;
}

/** What belongs to the app and not to the gateway. */
export interface Preferences {
  /** Whether the gateway starts at login; null where the system does not tell. */
  autostart: boolean | null;
  quit_stops_gateway: boolean;
  notifications: boolean;
  /** What the tray and notices speak: as the page told last. */
  language: 'en' | 'de';
}

/** Facts for the page about the app. */
export interface AppInfo {
  version: string;
  tauri: string;
  webview: string;
  os: string;
}

/** What only the desktop app can do. */
export interface Desktop {
  gatewayState(): Promise<GatewayState>;
  startGateway(): Promise<void>;
  stopGateway(): Promise<void>;
  onGateway(tell: (state: GatewayState) => void): Promise<() => void>;
  onNavigate(tell: (path: string) => void): Promise<() => void>;
  firstPath(): Promise<string | null>;
  preferences(): Promise<Preferences>;
  setPreferences(patch: Partial<Preferences>): Promise<Preferences>;
  info(): Promise<AppInfo>;
  quit(stop: boolean): Promise<void>;
}

export interface Backend {
  /** Null in a browser. */
  desktop: Desktop | null;
  /** Asks the gateway; rejects when it cannot be reached. */
  fetch(request: Request): Promise<Response>;
  /** False in a browser that has not been let in; `headgate ui` gives a link. */
  isAdmitted(): boolean;
  /** Why the link that the page came by did not let it in, in a sentence; null when it did, or when there was none. */
  refusal(): string | null;
  /** Opens a link to the web outside; rejects others. */
  openLink(url: string): Promise<void>;
  /** Puts text on the clipboard. */
  copy(text: string): Promise<void>;
  /** Saves text as a file; false when the person changed their mind. */
  saveFile(name: string, text: string): Promise<boolean>;
}

type Part =
  | { type: 'head'; status: number; content_type: string | null }
  | { type: 'chunk'; text: string }
  | { type: 'end' }
  | { type: 'failed'; code: string; detail: string };

let lastRequest = 0;

/** One request through the app: its parts come in on a channel and become a `Response`. */
async function fetchThroughApp(request: Request): Promise<Response> {
  const id = ++lastRequest;
  const url = new URL(request.url);
  const body = request.body === null ? null : await request.text();
  const encoder = new TextEncoder();
  const abort = () => void invoke('cancel', { id });
  return await new Promise<Response>((resolve, reject) => {
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    let isOver = false;
    const giveUp = () => {
      abort();
      fail(request.signal.reason);
    };
    // A signal may outlive thousands of requests, and nothing is left of one that ended.
    const end = () => {
      isOver = true;
      request.signal.removeEventListener('abort', giveUp);
    };
    const stream = new ReadableStream<Uint8Array>({
      start: (given) => {
        controller = given;
      },
      cancel: () => {
        end();
        abort();
      },
    });
    const fail = (reason: unknown) => {
      if (isOver) return;
      end();
      reject(reason as Error);
      controller.error(reason);
    };
    // Who changed their mind before now is told of by no event.
    if (request.signal.aborted) {
      isOver = true;
      reject(request.signal.reason as Error);
      return;
    }
    request.signal.addEventListener('abort', giveUp);
    const channel = new Channel<Part>((part) => {
      if (isOver) return;
      switch (part.type) {
        case 'head': {
          const headers: HeadersInit = part.content_type ? { 'content-type': part.content_type } : {};
          const hasBody = part.status !== 204 && part.status !== 304;
          resolve(new Response(hasBody ? stream : null, { status: part.status, headers }));
          break;
        }
        case 'chunk':
          controller.enqueue(encoder.encode(part.text));
          break;
        case 'end':
          end();
          controller.close();
          break;
        case 'failed':
          fail(new Error(part.detail));
      }
    });
    invoke('request', {
      request: {
        id,
        method: request.method,
        path: url.pathname + url.search,
        body,
        accept: request.headers.get('accept'),
      },
      channel,
    }).catch((reason: unknown) => fail(new Error(sentence(reason))));
  });
}

/** The sentence of a problem that a command of the app answered. */
function sentence(problem: unknown): string {
  if (typeof problem === 'object' && problem !== null && 'detail' in problem) return String(problem.detail);
  return String(problem);
}

async function command<T>(name: string, parameters?: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(name, parameters);
  } catch (problem) {
    throw new Error(sentence(problem), { cause: problem });
  }
}

async function onWeb(url: string, open: () => Promise<void> | void): Promise<void> {
  if (!isWebLink(url)) throw new Error(m.app_no_web_link({ url }));
  await open();
}

const app: Backend = {
  fetch: fetchThroughApp,
  isAdmitted: () => true,
  refusal: () => null,
  openLink: (url) => onWeb(url, () => command('open_link', { url })),
  // WebKit lets a page copy right after a click only; a key that is made first comes later.
  copy: (text) => command('copy', { text }),
  saveFile: (name, text) => command('save_file', { name, text }),
  desktop: {
    gatewayState: () => command('gateway_state'),
    startGateway: () => command('gateway_start'),
    stopGateway: () => command('gateway_stop'),
    onGateway: (tell) => listen<GatewayState>('gateway', (event) => tell(event.payload)),
    onNavigate: (tell) => listen<string>('navigate', (event) => tell(event.payload)),
    firstPath: () => command('first_path'),
    preferences: () => command('preferences'),
    setPreferences: (patch) => command('set_preferences', { patch }),
    info: () => command('app_info'),
    quit: (stop) => command('quit', { stop }),
  },
};

const TOKEN = 'headgate-token';
let refused: string | null = null;

/** Trades the code in the fragment, which works once, for a token; the code leaves the address bar. */
async function tradeCode(): Promise<void> {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  try {
    const answer = await fetch('/api/ui/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    });
    if (answer.ok) sessionStorage.setItem(TOKEN, ((await answer.json()) as { token: string }).token);
    else refused = await told(answer);
  } catch {
    // The page must come up all the same, to say so.
    refused = m.app_code_unanswered();
  }
}

/** The sentence of a problem that the gateway answered; null when something else answered. */
async function told(answer: Response): Promise<string | null> {
  const problem: unknown = await answer.json().catch(() => null);
  return typeof problem === 'object' && problem !== null && 'detail' in problem
    ? String(problem.detail)
    : null;
}

const browser: Backend = {
  desktop: null,
  async fetch(request) {
    const headers = new Headers(request.headers);
    headers.set('authorization', `Bearer ${sessionStorage.getItem(TOKEN) ?? ''}`);
    const answer = await fetch(new Request(request, { headers, credentials: 'omit', cache: 'no-store' }));
    if (answer.status === 401) sessionStorage.removeItem(TOKEN);
    return answer;
  },
  isAdmitted: () => sessionStorage.getItem(TOKEN) !== null,
  refusal: () => refused,
  openLink: (url) =>
    onWeb(url, () => {
      window.open(url, '_blank', 'noopener,noreferrer');
    }),
  copy: (text) => navigator.clipboard.writeText(text),
  saveFile(name, text) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text]));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
    return Promise.resolve(true);
  },
};

/** Where the page runs. */
export const backend: Backend = isTauri() ? app : browser;

/** To be awaited before the page draws anything. */
export async function enter(): Promise<void> {
  if (backend.desktop === null) await tradeCode();
}
