/** Arguments that were typed and not called, by tool: they are there when its form is opened again. */
import type { Draft } from '$lib/form/arguments';
import type { Shape } from '$lib/form/schema';

export interface Typed {
  /** The form that `draft` belongs to. */
  shown: Shape;
  draft: Draft;
  isText: boolean;
  text: string;
  client: string;
  project: string;
}

export const typedArguments = new Map<string, Typed>();
