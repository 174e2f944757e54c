/** What languages are called. */
import type { Locale } from '$paraglide/runtime';

/** Each in its own words, so that who cannot read the present one finds theirs. */
export function languageName(locale: Locale): string {
  const name = new Intl.DisplayNames(locale, { type: 'language' }).of(locale) ?? locale;
  return name.charAt(0).toLocaleUpperCase(locale) + name.slice(1);
}
