/** The words for each setting, and where it stands. A setting that is not named here speaks for itself. */
import type { Api } from '$lib/api/client';
import { m } from '$paraglide/messages';

export type Setting = Api['SettingView'];

export interface SettingWords {
  label: string;
  text: string;
  /** What stands behind the number. */
  unit?: (count: number) => string;
  /** What an empty field means. */
  empty?: string;
}

export interface ChoiceWords {
  label: string;
  text: string;
}

type Words = Record<string, () => SettingWords>;

const WORDS: Words = {
  port: () => ({ label: m.settings_port(), text: m.settings_port_text() }),
  start_timeout: () => ({ label: m.settings_start_timeout(), text: m.settings_start_timeout_text() }),
  call_timeout: () => ({ label: m.settings_call_timeout(), text: m.settings_call_timeout_text() }),
  question_timeout: () => ({
    label: m.settings_question_timeout(),
    text: m.settings_question_timeout_text(),
  }),
  upstream_sleep: () => ({ label: m.settings_upstream_sleep(), text: m.settings_upstream_sleep_text() }),
  session_sleep: () => ({ label: m.settings_session_sleep(), text: m.settings_session_sleep_text() }),
  session_life: () => ({ label: m.settings_session_life(), text: m.settings_session_life_text() }),
  memory_limit: () => ({
    label: m.settings_memory_limit(),
    text: m.settings_memory_limit_text(),
    unit: () => 'MiB',
    empty: m.settings_no_limit(),
  }),
  max_sessions: () => ({ label: m.settings_max_sessions(), text: m.settings_max_sessions_text() }),
  page_size: () => ({ label: m.settings_page_size(), text: m.settings_page_size_text() }),
  recording: () => ({ label: m.settings_recording(), text: m.settings_recording_text() }),
  recording_days: () => ({
    label: m.settings_recording_days(),
    text: m.settings_recording_days_text(),
    unit: (count) => m.settings_days({ count }),
  }),
  recording_rows: () => ({
    label: m.settings_recording_rows(),
    text: m.settings_recording_rows_text(),
    unit: (count) => m.settings_calls({ count }),
  }),
  record_bodies: () => ({ label: m.settings_record_bodies(), text: m.settings_record_bodies_text() }),
  secret_store: () => ({ label: m.settings_secret_store(), text: m.settings_secret_store_text() }),
};

const CHOICES: Record<string, Record<string, () => ChoiceWords>> = {
  record_bodies: {
    off: () => ({ label: m.settings_bodies_off(), text: m.settings_bodies_off_text() }),
    memory: () => ({ label: m.settings_bodies_memory(), text: m.settings_bodies_memory_text() }),
    disk: () => ({ label: m.settings_bodies_disk(), text: m.settings_bodies_disk_text() }),
  },
  secret_store: {
    keychain: () => ({ label: m.settings_keychain(), text: m.settings_keychain_text() }),
    file: () => ({ label: m.settings_file(), text: m.settings_file_text() }),
  },
};

export function wordsOf(setting: Pick<Setting, 'key' | 'meaning'>): SettingWords {
  return WORDS[setting.key]?.() ?? { label: setting.key, text: setting.meaning };
}

/** The words that a choice takes, as far as they are known here. */
export function choicesOf(setting: Pick<Setting, 'key'>): (ChoiceWords & { value: string })[] {
  return Object.entries(CHOICES[setting.key] ?? {}).map(([value, words]) => ({ value, ...words() }));
}

/** Groups of the section "Gateway". */
export const GROUPS = [
  { id: 'sleep', keys: ['upstream_sleep', 'session_sleep', 'session_life'] },
  { id: 'patience', keys: ['call_timeout', 'start_timeout', 'question_timeout'] },
  { id: 'limits', keys: ['memory_limit', 'max_sessions', 'page_size'] },
] as const;

export const PRIVACY = ['recording', 'recording_days', 'recording_rows', 'record_bodies'];

/** Settings of a newer gateway that no section names. */
export function others(settings: readonly Setting[]): Setting[] {
  return settings.filter(({ key }) => !(key in WORDS));
}
