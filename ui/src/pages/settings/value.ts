/** Values of settings as text in a field, and back. */
import { count } from '$lib/format';
import { m } from '$paraglide/messages';
import { secondsOf, secondsText } from './seconds';
import { choicesOf, wordsOf, type Setting } from './words';

/** What stands in the field. */
export function fieldText(setting: Setting): string {
  const { value, unit } = setting;
  if (value === undefined || value === null) return '';
  if (unit === 'seconds' && typeof value === 'number') return secondsText(value);
  return setting.key !== 'port' && typeof value === 'number' ? count(value) : String(value);
}

/** What a person typed, as the gateway reads it; an empty field goes back to the default. */
export function typedValue(setting: Setting, text: string): number | string | null {
  const given = text.trim();
  if (given === '') return null;
  // What is no number goes out as it is, so that the gateway says in its own words what belongs there.
  if (setting.unit === 'seconds') return secondsOf(given) ?? given;
  const digits = given.replaceAll(/[\s,.'’](?=\d{3}(\D|$))/g, '');
  return /^\d+$/.test(digits) ? Number(digits) : given;
}

/** The value in a sentence, as in "Port was 4283". */
export function valueText(setting: Setting): string {
  const { value, unit } = setting;
  const words = wordsOf(setting);
  if (value === undefined || value === null) return words.empty ?? m.settings_default();
  if (unit === 'switch') return value === true ? m.settings_on() : m.settings_off();
  if (unit === 'choice')
    return choicesOf(setting).find((choice) => choice.value === value)?.label ?? String(value);
  if (unit === 'seconds' && typeof value === 'number') return secondsText(value);
  if (setting.key === 'port' || typeof value !== 'number') return String(value);
  return [count(value), words.unit?.(value)].filter(Boolean).join(' ');
}

/** What puts a setting back to where it is now. */
export function keptValue(setting: Setting): unknown {
  return setting.source === 'default' ? null : (setting.value ?? null);
}
