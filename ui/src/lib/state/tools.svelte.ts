/** Every tool that upstreams offer. Asked for anew when the catalog was published anew. */
import { untrack } from 'svelte';
import { api, ask, type Api } from '$lib/api/client';
import { gateway } from './gateway.svelte';
import { Query } from './query.svelte';

class ToolList {
  readonly query = new Query<Api['Tools']>(async (signal) => {
    const published = untrack(() => this.#published);
    const tools = await ask(api.GET('/api/tools', { signal }));
    this.#held = published;
    return tools;
  });
  /** Which catalog the gateway has now: serials begin anew when it does. */
  readonly #published = $derived(
    gateway.catalog === null ? null : `${gateway.status?.instance} ${gateway.catalog.serial}`,
  );
  /** Which one `query` was asked of last with success. */
  #held: string | null = null;

  /** Names that more than one tool bears: only one of them is offered under it. */
  readonly #shared = $derived.by(() => {
    const [seen, shared] = [new Set<string>(), new Set<string>()];
    for (const { name } of this.query.data?.items ?? []) (seen.has(name) ? shared : seen).add(name);
    return shared;
  });

  /** Keeps up with the catalog; to be called once, inside an effect root. */
  follow(): void {
    $effect(() => {
      const published = this.#published;
      if (gateway.isLive && published !== null && published !== this.#held) void this.query.refreshSoon();
    });
  }

  /** A tool by the name that clients see. */
  named(name: string): Api['ToolItem'] | undefined {
    return this.query.data?.items.find((tool) => tool.name === name);
  }

  isShared(name: string): boolean {
    return this.#shared.has(name);
  }

  of(upstream: string): Api['ToolItem'][] {
    return this.query.data?.items.filter((tool) => tool.upstream === upstream) ?? [];
  }
}

export const tools = new ToolList();
