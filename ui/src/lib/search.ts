/** What stands in the query of the URL, as text: filters and searches live there, so that links keep them. */
import { searchParams } from 'sv-router';

/** The value of a parameter; empty when it is not there. */
export function parameter(name: string): string {
  // The router would read `true` and `12` as other things than text.
  return searchParams.toURLSearchParams().get(name) ?? '';
}

/** Sets a parameter without a step in the history; an empty value takes it away. */
export function setParameter(name: string, value: string): void {
  const { state } = history;
  if (value === '') searchParams.delete(name, undefined, { replace: true });
  else searchParams.set(name, value, { replace: true });
  // The router forgets here which step of the history it is at, and asks for it when a page is kept.
  history.replaceState(state, '');
}

/** These parameters as they stand, with their question mark; empty when none is there. */
export function keptQuery(names: readonly string[]): string {
  const kept = names.map((name) => [name, parameter(name)]).filter(([, value]) => value !== '');
  return kept.length === 0 ? '' : `?${new URLSearchParams(kept).toString()}`;
}

/** True when every word of `search` is somewhere in `text`, in any case. */
export function matches(search: string, ...texts: (string | null | undefined)[]): boolean {
  if (search === '') return true;
  const whole = texts.join('\n').toLocaleLowerCase();
  return search
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word));
}
