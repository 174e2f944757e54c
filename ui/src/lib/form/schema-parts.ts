/** Steps that reading a schema takes: looking at a member, following a reference, merging two schemas. */

export type Schema = Record<PropertyKey, unknown>;

/** Notes that a schema has rules which are not shown; a stranger's words cannot be taken for it. */
export const MORE = Symbol('more');

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function numberAt(schema: Schema, key: string): number | null {
  const value = schema[key];
  return typeof value === 'number' ? value : null;
}

export function textAt(schema: Schema, key: string): string | null {
  const value = schema[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** What a reference inside the document names: `#`, `#/$defs/x`. Others name documents that nobody fetches. */
export function pointed(root: unknown, reference: string): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let at: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    if (typeof at !== 'object' || at === null) return undefined;
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (!Object.hasOwn(at, key)) return undefined;
    at = (at as Schema)[key];
  }
  return at;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Both hold: members together, limits as narrow as the narrower; in words the second has the last one. */
export function merged(first: Schema, second: Schema): Schema {
  const all: Schema = { ...first, ...second };
  const both = (key: string) => key in first && key in second;
  if (both('properties') && isSchema(first.properties) && isSchema(second.properties)) {
    const properties: Schema = { ...first.properties };
    for (const [name, property] of Object.entries(second.properties)) {
      properties[name] = Object.hasOwn(properties, name) ? { allOf: [properties[name], property] } : property;
    }
    all.properties = properties;
  }
  const lists = (key: string) => both(key) && Array.isArray(first[key]) && Array.isArray(second[key]);
  for (const key of ['required', 'allOf']) {
    if (lists(key)) all[key] = [...(first[key] as unknown[]), ...(second[key] as unknown[])];
  }
  if (lists('enum')) all.enum = (first.enum as unknown[]).filter((one) => has(second.enum as unknown[], one));
  if (both('type')) all.type = commonType(first.type, second.type);
  const numbers = (key: string) => numberAt(first, key) !== null && numberAt(second, key) !== null;
  for (const key of ['minimum', 'exclusiveMinimum', 'minLength', 'minItems']) {
    if (numbers(key)) all[key] = Math.max(first[key] as number, second[key] as number);
  }
  for (const key of ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems']) {
    if (numbers(key)) all[key] = Math.min(first[key] as number, second[key] as number);
  }
  if (both('anyOf') || both('oneOf')) all[MORE] = true;
  if (first.additionalProperties === false) all.additionalProperties = false;
  return all;
}

function has(list: unknown[], value: unknown): boolean {
  const text = JSON.stringify(value);
  return list.some((one) => JSON.stringify(one) === text);
}

function commonType(first: unknown, second: unknown): unknown {
  const list = (type: unknown) => (Array.isArray(type) ? (type as unknown[]) : [type]);
  const common = list(first).filter(
    (type) => list(second).includes(type) || (type === 'integer' && list(second).includes('number')),
  );
  if (common.length === 0 && list(first).includes('number') && list(second).includes('integer'))
    return 'integer';
  return common.length === 1 ? common[0] : common;
}
