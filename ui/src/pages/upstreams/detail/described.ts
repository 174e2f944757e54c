/** What a definition of an upstream says, read with care: it is a stranger's JSON. */
import type { Api } from '$lib/api/client';

function text(definition: unknown, field: string): string {
  if (typeof definition !== 'object' || definition === null) return '';
  const value = (definition as Record<string, unknown>)[field];
  return typeof value === 'string' ? value : '';
}

type Item = Pick<Api['CatalogItem'], 'definition'>;

export const descriptionOf = ({ definition }: Item): string => text(definition, 'description');
export const mimeOf = ({ definition }: Item): string => text(definition, 'mimeType');

/** The name that it gives itself for people. */
export const titleOf = ({ definition }: Item): string =>
  text(definition, 'title') || text(definition, 'name');

/** Tells the things of one upstream apart: a resource may have the very URI that a template is written as. */
export const keyOf = ({ name, definition }: Item & Pick<Api['CatalogItem'], 'name'>): string =>
  `${'uriTemplate' in definition ? 'template' : 'whole'} ${name}`;
