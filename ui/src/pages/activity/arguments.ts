/** The arguments of a recorded call, digit by digit as they were: the text is cut out, never parsed and written. */
import { member, readJsonIfAny } from '$lib/json';
import { isMasked } from './body';

export interface Recorded {
  text: string;
  /** Something in it was hidden; `***` stands there. */
  isMasked: boolean;
}

/** The `arguments` of the parameters of a `tools/call`; null when the record was cut before their end. */
export function argumentsOf(parameters: string): Recorded | null {
  const json = readJsonIfAny(parameters);
  if (json === null) return null;
  const text = member(json, 'arguments')?.text ?? '{}';
  return { text, isMasked: isMasked(text) };
}
