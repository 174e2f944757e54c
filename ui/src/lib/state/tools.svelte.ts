/** Every tool that upstreams offer. Asked for anew when the catalog was published anew. */
import { api, ask, type Api } from '$lib/api/client';
import { gateway } from './gateway.svelte';
import { Query } from './query.svelte';

class ToolList {
  readonly query = new Query<Api['Tools']>((signal) => ask(api.GET('/api/tools', { signal })));
  #serial: number | null = null;
  #instance: string | null = null;

  /** Keeps up with the catalog; to be called once, inside an effect root. */
  follow(): void {
    $effect(() => {
      const serial = gateway.catalog?.serial ?? null;
      const instance = gateway.status?.instance ?? null;
      if (serial === null || (serial === this.#serial && instance === this.#instance)) return;
      this.#serial = serial;
      this.#instance = instance;
      void this.query.refresh();
    });
  }

  /** A tool by the name that clients see. */
  named(name: string): Api['ToolItem'] | undefined {
    return this.query.data?.items.find((tool) => tool.name === name);
  }

  of(upstream: string): Api['ToolItem'][] {
    return this.query.data?.items.filter((tool) => tool.upstream === upstream) ?? [];
  }
}

export const tools = new ToolList();
