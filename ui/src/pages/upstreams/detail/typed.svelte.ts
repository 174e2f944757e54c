/** What was typed of definitions and not saved, by upstream: it is there when their settings are opened again. */
import { SvelteMap } from 'svelte/reactivity';
import { gateway } from '$lib/state/gateway.svelte';
import { unsaved } from '$lib/state/stay.svelte';
import type { Edits } from './definition';

export const typedDefinitions = new SvelteMap<string, Partial<Edits>>();

unsaved(() => [...typedDefinitions.keys()].some((name) => gateway.upstream(name) !== undefined));
