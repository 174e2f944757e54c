/** The words and the deeds of what can be done with an upstream. */
import Power from '@lucide/svelte/icons/power';
import Play from '@lucide/svelte/icons/play';
import RotateCcw from '@lucide/svelte/icons/rotate-ccw';
import Square from '@lucide/svelte/icons/square';
import type { Component } from 'svelte';
import { restart, setEnabled, start, stop } from '$lib/upstreams';
import { m } from '$paraglide/messages';
import type { Action } from './list';

interface Offer {
  /** Short, for a button that stands in the upstream's own row. */
  word: string;
  /** With the name, for who hears it alone. */
  label: string;
  icon: Component<{ size?: number | string }>;
  run: () => Promise<void>;
}

export function offer(action: Action, name: string): Offer {
  switch (action) {
    case 'start':
      return {
        word: m.upstreams_action_start(),
        label: m.action_start({ name }),
        icon: Play,
        run: () => start(name),
      };
    case 'stop':
      return {
        word: m.upstreams_action_stop(),
        label: m.action_stop({ name }),
        icon: Square,
        run: () => stop(name),
      };
    case 'retry':
      return {
        word: m.upstreams_action_retry(),
        label: m.upstreams_action_retry_name({ name }),
        icon: RotateCcw,
        run: () => start(name),
      };
    case 'restart':
      return {
        word: m.upstreams_action_restart(),
        label: m.upstreams_action_restart_name({ name }),
        icon: RotateCcw,
        run: () => restart(name),
      };
    case 'enable':
      return {
        word: m.upstreams_action_enable(),
        label: m.upstreams_action_enable_name({ name }),
        icon: Power,
        run: () => setEnabled(name, true),
      };
    case 'disable':
      return {
        word: m.upstreams_action_disable(),
        label: m.upstreams_action_disable_name({ name }),
        icon: Power,
        run: () => setEnabled(name, false),
      };
  }
}
