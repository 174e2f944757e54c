/** Changes a setting, with a way back. */
import { api, ask } from '$lib/api/client';
import { notices } from '$lib/state/notices.svelte';
import { m } from '$paraglide/messages';
import { keptValue, valueText } from './value';
import { wordsOf, type Setting } from './words';

async function patch(key: string, value: unknown): Promise<void> {
  await ask(api.PATCH('/api/settings', { body: { [key]: value } }));
}

/** Throws what the gateway refuses. `null` goes back to the default. */
export async function change(setting: Setting, value: unknown): Promise<void> {
  const [key, before] = [setting.key, keptValue(setting)];
  if (value === before) return;
  await patch(key, value);
  const text = m.settings_changed({ label: wordsOf(setting).label, before: valueText(setting) });
  const undo = () => void patch(key, before).catch((reason: unknown) => notices.problem(reason));
  notices.done(text, { label: m.undo(), run: undo });
}
