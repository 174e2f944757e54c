/** What the palette does to the whole: something new, the gateway's switch, a backup, how the window looks. */
import { backend } from '$lib/backend';
import { languageName } from '$lib/languages';
import { appearance, setAppearance, type Appearance } from '$lib/state/appearance.svelte';
import { gateway } from '$lib/state/gateway.svelte';
import { notices } from '$lib/state/notices.svelte';
import { m } from '$paraglide/messages';
import { getLocale, locales, setLocale } from '$paraglide/runtime';
import { saveBackup } from '../pages/settings/backup';
import { go } from '../routes';
import { gate } from './gate.svelte';
import type { Entry } from './palette';

export function actions(): Entry[] {
  const all = [...additions(), ...gateActions(), ...backup(), ...themes(), ...languages()];
  return all.map((entry) => ({ ...entry, group: m.palette_actions() }));
}

type Action = Omit<Entry, 'group'>;

function additions(): Action[] {
  const list: Action[] = [
    { id: 'action add', label: m.action_add_upstream(), run: () => go('/add') },
    { id: 'action client', label: m.action_add_client(), run: () => go('/clients?new=1') },
  ];
  const url = gateway.mcpUrl;
  if (url !== null)
    list.push({ id: 'action url', label: m.action_copy_url(), hint: url, run: () => copy(url) });
  return list;
}

async function copy(url: string): Promise<void> {
  await backend.copy(url);
  notices.done(m.url_copied());
}

function gateActions(): Action[] {
  const list: Action[] = [];
  if (gate.canSwitch && gate.isOn)
    list.push({ id: 'action stop', label: m.gate_stop(), run: () => gate.askToStop() });
  if (gate.canRestart)
    list.push({ id: 'action restart', label: m.settings_restart(), run: () => gate.restart() });
  if (gate.canSwitch && !gate.isOn)
    list.push({ id: 'action start', label: m.gate_start(), run: () => gate.start() });
  return list;
}

function backup(): Action[] {
  return gateway.isLive ? [{ id: 'action backup', label: m.settings_backup_label(), run: saveBackup }] : [];
}

/** Those that the window does not have now. */
function themes(): Action[] {
  const all: [Appearance, string][] = [
    ['system', m.settings_theme_system()],
    ['light', m.settings_theme_light()],
    ['dark', m.settings_theme_dark()],
  ];
  return all
    .filter(([theme]) => theme !== appearance())
    .map(([theme, choice]) => ({
      id: `theme ${theme}`,
      label: m.palette_choice({ of: m.settings_theme(), choice }),
      run: () => setAppearance(theme),
    }));
}

/** Found by an English word too, since who looks for one may not read the present language. */
function languages(): Action[] {
  return locales
    .filter((locale) => locale !== getLocale())
    .map((locale) => ({
      id: `language ${locale}`,
      label: m.palette_choice({ of: m.settings_language(), choice: languageName(locale) }),
      words: 'language',
      run: () => void setLocale(locale),
    }));
}
