import { afterEach, expect, it, vi } from 'vitest';
import { backend } from '$lib/backend';
import { SILENCE_MS, events } from './client';

afterEach(() => vi.useRealTimers());

/** A gateway that tells this, and then nothing more. */
function hangsAfter(...told: string[]) {
  vi.spyOn(backend, 'fetch').mockImplementation(({ signal }) => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const line of told) controller.enqueue(new TextEncoder().encode(`${line}\n`));
        signal.addEventListener('abort', () => controller.error(signal.reason));
      },
    });
    return Promise.resolve(new Response(body));
  });
}

it('a stream without a sign of life is given up', async () => {
  vi.useFakeTimers();
  hangsAfter('data:{"status":{}}', ': alive');
  const heard: unknown[] = [];
  const onheard = vi.fn();
  const listening = (async () => {
    for await (const event of events('', new AbortController().signal, onheard)) heard.push(event);
  })();
  const ended = expect(listening).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(SILENCE_MS - 1);
  expect(vi.getTimerCount(), 'it still waits').toBe(1);
  await vi.advanceTimersByTimeAsync(1000);
  await ended;
  expect(heard).toEqual([{ status: {} }]);
  expect(onheard).toHaveBeenCalledTimes(2);
  expect(vi.getTimerCount()).toBe(0);
});
