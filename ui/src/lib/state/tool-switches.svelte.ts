/** Switching tools on and off: what was switched shows at once, before the list tells of it. */
import type { Api } from '$lib/api/client';
import { change } from '$lib/upstreams';
import { attempt } from './notices.svelte';
import { tools } from './tools.svelte';

type Tool = Pick<Api['ToolItem'], 'own_name' | 'on'>;

export interface ToolSwitches {
  isOn: (tool: Tool) => boolean;
  /** Gives false when it did not come about, which the person was told. */
  setOn: (upstream: string, changed: readonly Tool[], isOn: boolean) => Promise<boolean>;
}

/** The switches of one upstream's tools; for a component's start. */
export function toolSwitches(): ToolSwitches {
  /** What was switched and is not heard back yet, by own names. */
  let wanted = $state.raw<Record<string, boolean>>({});
  /** Changes under way. What was switched counts until the list was heard after the last of them. */
  let inFlight = $state(0);
  $effect(() => {
    if (inFlight === 0 && !tools.query.isBusy) wanted = {};
  });

  return {
    isOn: (tool) => wanted[tool.own_name] ?? tool.on,
    async setOn(upstream, changed, isOn) {
      const names = changed.map(({ own_name }) => own_name);
      wanted = { ...wanted, ...Object.fromEntries(names.map((name) => [name, isOn])) };
      inFlight += 1;
      const choices = Object.fromEntries(names.map((name) => [name, { off: !isOn }]));
      const isDone = await attempt(() => change(upstream, { tool_choices: choices }));
      if (isDone) void tools.query.refresh();
      inFlight -= 1;
      return isDone;
    },
  };
}
