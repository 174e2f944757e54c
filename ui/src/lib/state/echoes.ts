/**
 * What this page changes itself, so that events which tell of it are told from what others change. By thing, since
 * a request may take minutes, and others go on meanwhile.
 */
import type { Thing } from './changes';

/** An event about a change comes before the end of the answer or at most this long after it. */
const ECHO_MS = 1000;

const KINDS = { upstreams: 'upstream', clients: 'client', sessions: 'session' } as const;

/** What a request is about, by its path, or by its body where things are made. */
export function thingsOf(path: string, body: string): Thing[] {
  const [collection = '', name] = path.replace(/^\/api\//, '').split('/');
  if (collection === 'settings') return Object.keys(read(body)).map((key): Thing => `setting/${key}`);
  if (!Object.hasOwn(KINDS, collection)) return [];
  const kind = KINDS[collection as keyof typeof KINDS];
  const named = read(body).name;
  const names = [name === undefined ? null : decodeURIComponent(name), named];
  return names.filter((one) => typeof one === 'string').map((one): Thing => `${kind}/${one}`);
}

function read(body: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(body) as object) };
  } catch {
    return {};
  }
}

export class Echoes {
  /** The requests that are open, and those that were answered just now. */
  #requests = new Set<{ things: readonly Thing[]; untilMs: number }>();

  /** A request about these begins; what it gives is told when the request has ended. */
  began(things: readonly Thing[]): (nowMs: number) => void {
    const request = { things, untilMs: Infinity };
    if (things.length > 0) this.#requests.add(request);
    return (nowMs) => {
      request.untilMs = nowMs + ECHO_MS;
    };
  }

  has(thing: Thing, nowMs: number): boolean {
    for (const request of this.#requests) {
      if (request.untilMs <= nowMs) this.#requests.delete(request);
    }
    return [...this.#requests].some(({ things }) => things.includes(thing));
  }
}

export const echoes = new Echoes();
