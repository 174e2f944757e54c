/**
 * What a JSON schema asks for, as a person can fill it in: a tree of shapes without references. What no
 * form can show is of the kind `json`, with the reason. Rules that a form cannot check (patterns, `if`, `not`)
 * are left to the upstream.
 */

import { MORE, isSchema, merged, numberAt, pointed, textAt, type Schema } from './schema-parts';

/** Why a part is written as JSON. */
export type Why = 'free' | 'choices' | 'cycle' | 'missing' | 'size';

interface Facts {
  title: string | null;
  description: string | null;
  /** Null is allowed beside what the kind says. */
  isNullable: boolean;
  /** Undefined when there is none. */
  default: unknown;
  /** It has rules that are not shown. */
  hasMore: boolean;
}

export interface TextShape extends Facts {
  kind: 'text';
  minLength: number | null;
  maxLength: number | null;
  /** Shown and never run: a stranger's expression can keep the window busy for good. */
  pattern: string | null;
  format: string | null;
}

export interface NumberShape extends Facts {
  kind: 'number';
  isInteger: boolean;
  minimum: number | null;
  maximum: number | null;
  above: number | null;
  below: number | null;
  multipleOf: number | null;
}

export interface ChoiceShape extends Facts {
  kind: 'choice';
  options: { value: unknown; label: string }[];
}

export interface ListShape extends Facts {
  kind: 'list';
  item: Shape;
  minItems: number | null;
  maxItems: number | null;
}

export interface Field {
  name: string;
  shape: Shape;
  isRequired: boolean;
}

export interface ObjectShape extends Facts {
  kind: 'object';
  fields: Field[];
  /** Members that are not named may stand beside the fields. */
  isOpen: boolean;
}

export type Shape =
  | TextShape
  | NumberShape
  | (Facts & { kind: 'boolean' })
  | ChoiceShape
  | ListShape
  | ObjectShape
  | (Facts & { kind: 'json'; why: Why; types: string[] });

/** What is noted in a schema while it is read; a stranger's words cannot be taken for it. */
const OPTIONS = Symbol('options');

/** Deeper parts are written as JSON: a form of more levels cannot be read. */
const MAX_DEPTH = 6;
/** Parts of one schema: references that double at each level would fill the memory. */
const MAX_PARTS = 1500;

/** Reads a schema as it stands in a tool's definition. */
export function shapeOf(schema: unknown): Shape {
  return new Reader(schema).shape(schema, [], 0);
}

class Reader {
  #parts = 0;

  constructor(readonly root: unknown) {}

  shape(schema: unknown, path: string[], depth: number): Shape {
    this.#parts += 1;
    if (!isSchema(schema)) return json({}, 'free');
    const followed = [...path];
    const flat = this.#flat(schema, followed);
    if (typeof flat === 'string') return json(schema, flat);
    if (depth > MAX_DEPTH || this.#parts > MAX_PARTS) return json(flat, 'size');
    return this.#kind(flat, followed, depth);
  }

  /** The schema with references followed, `allOf` merged and null taken out of alternatives. */
  #flat(schema: Schema, path: string[]): Schema | Why {
    let flat = schema;
    for (;;) {
      if (typeof flat.$ref === 'string') {
        const { $ref, ...rest } = flat;
        const reference = $ref as string;
        if (path.includes(reference)) return 'cycle';
        if (path.length > 64) return 'size';
        path.push(reference);
        const target = pointed(this.root, reference);
        if (!isSchema(target)) return 'missing';
        flat = merged(target, rest);
      } else if (Array.isArray(flat.allOf)) {
        const { allOf, ...rest } = flat;
        const parts: Schema[] = [];
        const followed: string[] = [];
        for (const part of allOf as unknown[]) {
          if (!isSchema(part)) continue;
          this.#parts += 1;
          if (this.#parts > MAX_PARTS) return 'size';
          const seen = [...path];
          const inner = this.#flat(part, seen);
          if (typeof inner === 'string') return inner;
          parts.push(inner);
          followed.push(...seen.slice(path.length));
        }
        path.push(...followed);
        flat = [...parts, rest].reduce((all, part) => merged(all, part), {});
      } else {
        const word = Array.isArray(flat.anyOf) ? 'anyOf' : Array.isArray(flat.oneOf) ? 'oneOf' : null;
        if (word === null) return flat;
        const next = this.#alternatives(flat, word, path);
        if (typeof next === 'string') return next;
        flat = next;
      }
    }
  }

  #alternatives(schema: Schema, word: 'anyOf' | 'oneOf', path: string[]): Schema | Why {
    const { [word]: given, ...rest } = schema;
    const all = (given as unknown[]).filter(isSchema);
    const others = all.filter((one) => one.type !== 'null' && one.const !== null);
    const isNullable = others.length < all.length;
    const [only] = others;
    if (only !== undefined && others.length === 1) {
      return merged(merged(only, isNullable ? { nullable: true } : {}), rest);
    }
    // Several values, each perhaps with a title of its own: one list to choose from.
    const resolved = others.map((one) => this.#flat(one, [...path]));
    const options = resolved.map((one) => (isSchema(one) ? valuesOf(one) : null));
    if (others.length > 0 && options.every((one) => one !== null)) {
      return { ...rest, [OPTIONS]: options.flat(), ...(isNullable && { nullable: true }) };
    }
    // Alternatives that only say which members are needed leave the members as they are.
    const isAboutMembers = others.every((one) => Object.keys(one).every((key) => key === 'required'));
    if (isSchema(schema.properties) && isAboutMembers) return { ...rest, [MORE]: true };
    return 'choices';
  }

  #kind(schema: Schema, path: string[], depth: number): Shape {
    const facts = factsOf(schema);
    const options = (schema[OPTIONS] as ChoiceShape['options'] | undefined) ?? null;
    const choices = options ?? valuesOf(schema);
    if (choices !== null) {
      const isNullable = facts.isNullable || choices.some((choice) => choice.value === null);
      return { ...facts, isNullable, kind: 'choice', options: choices.filter(({ value }) => value !== null) };
    }
    const types = typesOf(schema);
    if (types.length > 1) return json(schema, 'choices');
    switch (types[0]) {
      case 'string':
        return {
          ...facts,
          kind: 'text',
          minLength: numberAt(schema, 'minLength'),
          maxLength: numberAt(schema, 'maxLength'),
          pattern: textAt(schema, 'pattern'),
          format: textAt(schema, 'format'),
        };
      case 'integer':
      case 'number':
        return { ...facts, ...limits(schema), kind: 'number', isInteger: types[0] === 'integer' };
      case 'boolean':
        return { ...facts, kind: 'boolean' };
      case 'array':
        return this.#list(schema, facts, path, depth);
      case 'object':
        return this.#object(schema, facts, path, depth);
      default:
        return json(schema, 'free');
    }
  }

  #list(schema: Schema, facts: Facts, path: string[], depth: number): Shape {
    if (Array.isArray(schema.prefixItems) || !isSchema(schema.items)) return json(schema, 'free');
    const item = this.shape(schema.items, path, depth + 1);
    const minItems = numberAt(schema, 'minItems');
    return { ...facts, kind: 'list', item, minItems, maxItems: numberAt(schema, 'maxItems') };
  }

  #object(schema: Schema, facts: Facts, path: string[], depth: number): Shape {
    const properties = isSchema(schema.properties) ? Object.entries(schema.properties) : [];
    const isOpen = schema.additionalProperties !== false;
    if (properties.length === 0 && isOpen && depth > 0) return json(schema, 'free');
    if (this.#parts + properties.length > MAX_PARTS) return json(schema, 'size');
    const required = new Set(Array.isArray(schema.required) ? (schema.required as unknown[]) : []);
    const fields = properties.map(([name, property]) => ({
      name,
      shape: this.shape(property, path, depth + 1),
      isRequired: required.has(name),
    }));
    return { ...facts, kind: 'object', fields, isOpen };
  }
}

/** True when a form can show a list of such items. */
export function isPrimitive(shape: Shape): boolean {
  return ['text', 'number', 'boolean', 'choice'].includes(shape.kind);
}

function json(schema: Schema, why: Why): Shape {
  return { ...factsOf(schema), kind: 'json', why, types: typesOf(schema) };
}

const UNCHECKED = [
  'not',
  'if',
  'dependentSchemas',
  'dependentRequired',
  'patternProperties',
  'uniqueItems',
  MORE,
];

function factsOf(schema: Schema): Facts {
  const types = Array.isArray(schema.type) ? (schema.type as unknown[]) : [];
  return {
    title: textAt(schema, 'title'),
    description: textAt(schema, 'description'),
    isNullable: schema.nullable === true || types.includes('null'),
    default: schema.default,
    hasMore: UNCHECKED.some((key) => key in schema),
  };
}

/** The types without null; guessed from the other words where none is named. */
function typesOf(schema: Schema): string[] {
  if (typeof schema.type === 'string') return [schema.type];
  if (Array.isArray(schema.type)) {
    return (schema.type as unknown[]).filter(
      (type) => typeof type === 'string' && type !== 'null',
    ) as string[];
  }
  if ('properties' in schema) return ['object'];
  if ('items' in schema) return ['array'];
  if ('pattern' in schema || 'minLength' in schema || 'maxLength' in schema) return ['string'];
  if ('minimum' in schema || 'maximum' in schema || 'multipleOf' in schema) return ['number'];
  return [];
}

/** The values that alone are allowed; null when it is not about values. */
function valuesOf(schema: Schema): ChoiceShape['options'] | null {
  if ('const' in schema) {
    const title = textAt(schema, 'title');
    return [{ value: schema.const, label: title ?? labelOf(schema.const) }];
  }
  if (!Array.isArray(schema.enum)) return null;
  const names = Array.isArray(schema.enumNames) ? (schema.enumNames as unknown[]) : [];
  return (schema.enum as unknown[]).map((value, at) => {
    const name = names[at];
    return { value, label: typeof name === 'string' ? name : labelOf(value) };
  });
}

function labelOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function limits(schema: Schema) {
  const minimum = numberAt(schema, 'minimum');
  const maximum = numberAt(schema, 'maximum');
  // Draft 4 has switches in the place of numbers.
  const isAbove = schema.exclusiveMinimum === true;
  const isBelow = schema.exclusiveMaximum === true;
  return {
    minimum: isAbove ? null : minimum,
    maximum: isBelow ? null : maximum,
    above: isAbove ? minimum : numberAt(schema, 'exclusiveMinimum'),
    below: isBelow ? maximum : numberAt(schema, 'exclusiveMaximum'),
    multipleOf: numberAt(schema, 'multipleOf'),
  };
}
