/** The sections of the settings, in their order; each has a URL, `/settings/ID`. */
import { m } from '$paraglide/messages';

export type Section = 'gateway' | 'privacy' | 'appearance' | 'secrets' | 'backup' | 'about';

export const SECTIONS: readonly { id: Section; label: () => string }[] = [
  { id: 'gateway', label: m.settings_gateway },
  { id: 'privacy', label: m.settings_privacy },
  { id: 'appearance', label: m.settings_appearance },
  { id: 'secrets', label: m.settings_secrets },
  { id: 'backup', label: m.settings_backup },
  { id: 'about', label: m.settings_about },
];
