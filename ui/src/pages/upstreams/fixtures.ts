/** An upstream and a session for tests, as small as the types allow. */
import type { Api } from '$lib/api/client';

export function upstream(name: string, change: Partial<Api['UpstreamView']> = {}): Api['UpstreamView'] {
  return {
    name,
    transport: { type: 'demo' },
    enabled: true,
    isolation: 'shared',
    state: 'ready',
    held_back: [],
    noise_lines: 0,
    pids: [],
    prompts: 0,
    resource_templates: 0,
    resources: 0,
    restarts: 0,
    tools: 1,
    ...change,
  };
}

export function session(
  client: string,
  upstreams: string[],
): Pick<Api['SessionView'], 'client' | 'upstreams'> {
  return { client, upstreams };
}
