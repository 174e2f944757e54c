import { afterEach, expect, it, vi } from 'vitest';

const SENTENCE = 'this link was used before or is older than a minute; `headgate ui` makes a new one';

/** The page as it is opened at `hash`, while the gateway answers a code with `answer`. */
async function opened(hash: string, answer: Response | Error) {
  const kept = new Map<string, string>();
  const ask = vi.fn(() => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)));
  vi.stubGlobal('location', { hash, pathname: '/upstreams', search: '' });
  vi.stubGlobal('history', { replaceState: vi.fn() });
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
  vi.stubGlobal('fetch', ask);
  vi.resetModules();
  const { backend, enter } = await import('./backend');
  await enter();
  return { isAdmitted: backend.isAdmitted(), refusal: backend.refusal(), asked: ask.mock.calls.length };
}

function problem(status: number, detail: string): Response {
  const headers = { 'content-type': 'application/problem+json' };
  return new Response(JSON.stringify({ code: 'unauthorized', detail }), { status, headers });
}

afterEach(() => vi.unstubAllGlobals());

it('a link that works lets the page in', async () => {
  const answer = new Response('{"token":"t"}', { status: 201 });
  expect(await opened('#code=c', answer)).toEqual({ isAdmitted: true, refusal: null, asked: 1 });
});

it('a link that does not work leaves its reason', async () => {
  const refusal = { isAdmitted: false, refusal: SENTENCE, asked: 1 };
  expect(await opened('#code=c', problem(401, SENTENCE))).toEqual(refusal);
  expect(await opened('#code=c', problem(429, SENTENCE))).toEqual(refusal);
});

it('a gateway that is not there leaves a page that says so', async () => {
  const { isAdmitted, refusal } = await opened('#code=c', new TypeError('Failed to fetch'));
  expect(isAdmitted).toBe(false);
  expect(refusal).toContain('link');
});

it('what is no problem of the gateway has no sentence', async () => {
  const locked = { isAdmitted: false, refusal: null };
  expect(await opened('#code=c', new Response('<p>', { status: 502 }))).toEqual({ ...locked, asked: 1 });
  expect(await opened('', new Response())).toEqual({ ...locked, asked: 0 });
});
