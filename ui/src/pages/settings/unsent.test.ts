import { flushSync } from 'svelte';
import { expect, it, vi } from 'vitest';
import { gateway } from '$lib/state/gateway.svelte';
import { change } from './change';
import { unsent } from './unsent.svelte';

vi.mock('./change', () => ({ change: vi.fn(() => Promise.resolve()) }));

it('is sent when the gateway is back, unless its row took it again', async () => {
  const setting = (key: string) => ({ key, unit: 'count', value: 1, source: 'kept' });
  vi.spyOn(gateway, 'setting').mockImplementation((key) => setting(key) as never);
  unsent.keep('port', '4300');
  unsent.keep('call_timeout', '12');
  expect(unsent.take('call_timeout')).toBe('12');
  flushSync();
  expect(change).not.toHaveBeenCalled();
  gateway.connection = 'live';
  flushSync();
  await vi.waitFor(() => expect(change).toHaveBeenCalledOnce());
  expect(change).toHaveBeenCalledWith(setting('port'), 4300);
  expect(unsent.take('port')).toBeNull();
});
