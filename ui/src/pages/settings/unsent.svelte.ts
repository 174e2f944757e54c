/**
 * What was typed into settings while the gateway was away. A row that is looked at sends it by itself; what is here has
 * lost its row, and is sent as soon as the gateway is back, whatever page is open then.
 */
import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { gateway } from '$lib/state/gateway.svelte';
import { attempt } from '$lib/state/notices.svelte';
import { change } from './change';
import { typedValue } from './value';

const texts = new SvelteMap<string, string>();

export const unsent = {
  keep(key: string, text: string): void {
    texts.set(key, text);
  },

  /** Gives it to its row again; null when there is nothing. */
  take(key: string): string | null {
    const text = texts.get(key) ?? null;
    texts.delete(key);
    return text;
  },
};

async function send(): Promise<void> {
  for (const [key, text] of [...texts]) {
    const setting = gateway.setting(key);
    texts.delete(key);
    if (setting) await attempt(() => change(setting, typedValue(setting, text)));
  }
}

$effect.root(() => {
  $effect(() => {
    if (gateway.isLive && texts.size > 0) void untrack(send);
  });
});
