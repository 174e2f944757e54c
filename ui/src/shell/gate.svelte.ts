/** The gateway's own switch: what it shows, and what it does in the app and in a browser. */
import { ask, api } from '$lib/api/client';
import { backend } from '$lib/backend';
import { gateway } from '$lib/state/gateway.svelte';
import { attempt } from '$lib/state/notices.svelte';
import type { Mark } from '$lib/ui/state-mark';
import { m } from '$paraglide/messages';

class Gate {
  /** What is being done, until the gateway says that it is so. */
  doing = $state<'start' | 'stop' | null>(null);

  /** A person is asked whether it is to stop. */
  isAsking = $state(false);

  readonly isOn = $derived(gateway.connection === 'live' || gateway.connection === 'lost');
  readonly isBusy = $derived(this.doing !== null);
  /** A browser cannot start anything. */
  readonly canSwitch = $derived(
    gateway.connection !== 'locked' && (backend.desktop !== null || gateway.connection === 'live'),
  );
  /** A browser could not start it again. */
  readonly canRestart = $derived(this.isOn && backend.desktop !== null);
  readonly look = $derived.by((): Omit<Mark, 'meaning'> => {
    if (this.doing === 'start') return { shape: 'half', tone: 'running', word: m.gate_starting() };
    if (this.doing === 'stop') return { shape: 'half', tone: 'asleep', word: m.gate_stopping() };
    switch (gateway.connection) {
      case 'live':
        return { shape: 'dot', tone: 'running', word: m.gate_running() };
      case 'connecting':
        return { shape: 'half', tone: 'asleep', word: m.gate_connecting() };
      case 'stopped':
        return { shape: 'dash', tone: 'asleep', word: m.gate_stopped() };
      case 'failed':
        return { shape: 'cross', tone: 'failed', word: m.gate_failed() };
      case 'locked':
        return { shape: 'triangle', tone: 'attention', word: m.gate_locked() };
      case 'lost':
        return { shape: 'triangle', tone: 'attention', word: m.gate_lost() };
    }
  });

  async start(): Promise<void> {
    this.doing = 'start';
    await attempt(async () => backend.desktop?.startGateway());
    this.doing = null;
  }

  /** Every way to stop leads past the question. */
  askToStop(): void {
    this.isAsking = true;
  }

  async stop(): Promise<void> {
    this.doing = 'stop';
    await attempt(async () => {
      if (backend.desktop) await backend.desktop.stopGateway();
      else await ask(api.POST('/api/shutdown', { body: { only_if_idle: false } }));
    });
    this.doing = null;
  }

  /** Clients connect again by themselves. */
  async restart(): Promise<void> {
    await attempt(async () => {
      this.doing = 'stop';
      await backend.desktop?.stopGateway();
      this.doing = 'start';
      await backend.desktop?.startGateway();
    });
    this.doing = null;
  }
}

export const gate = new Gate();
