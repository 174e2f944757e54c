import { expect, it, vi } from 'vitest';

/** The app, which answers each request at once, and what it was told. */
const { told, Channel } = vi.hoisted(() => {
  class Channel {
    constructor(readonly tell: (part: object) => void) {}
  }
  return { told: [] as string[], Channel };
});
vi.mock('@tauri-apps/api/core', () => ({
  Channel,
  isTauri: () => true,
  invoke: (name: string, parameters: { channel?: InstanceType<typeof Channel> }) => {
    told.push(name);
    parameters.channel?.tell({ type: 'head', status: 200, content_type: null });
    parameters.channel?.tell({ type: 'end' });
    return Promise.resolve();
  },
}));

it('a signal that outlives its requests cancels none that ended', async () => {
  const { backend } = await import('./backend');
  const abort = new AbortController();
  for (let at = 0; at < 3; at += 1) {
    const request = new Request('http://local/api/status', { signal: abort.signal });
    await (await backend.fetch(request)).text();
  }
  abort.abort();
  expect(told).toEqual(['request', 'request', 'request']);
});
