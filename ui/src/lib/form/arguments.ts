/**
 * What a person filled in, and the JSON text that it makes. Numbers are text all the way, so that every
 * digit arrives as it was typed. A field left empty is left out.
 */
import { readJsonIfAny, type Json } from '$lib/json';
import type { ChoiceShape, Field, ListShape, NumberShape, ObjectShape, Shape, TextShape } from './schema';

/** What stands in the form for one shape. Which parts count depends on the kind. */
export interface Draft {
  /** Text, a number's digits, `true` or `false`, the place of a choice, or JSON. */
  text: string;
  isNull: boolean;
  /** Whether an object that may be missing is there. */
  isGiven: boolean;
  /** Of a list. */
  items: Draft[];
  /** Of an object, in the order of its fields. */
  fields: Draft[];
  /** Members that no field is for, as they were written. */
  extras: [name: string, text: string][];
}

export type ProblemCode =
  | 'required'
  | 'number'
  | 'integer'
  | 'minimum'
  | 'maximum'
  | 'above'
  | 'below'
  | 'too_short'
  | 'too_long'
  | 'too_few'
  | 'too_many'
  | 'json';

export interface Problem {
  code: ProblemCode;
  limit?: number;
}

/** Problems by the path of their field, as {@link pathOf} makes it. */
export type Problems = Map<string, Problem>;

export function pathOf(path: string, part: string | number): string {
  return `${path}/${part}`;
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function blank(): Draft {
  return { text: '', isNull: false, isGiven: false, items: [], fields: [], extras: [] };
}

/** An empty form with its defaults. */
export function draftOf(shape: Shape, isRequired = true): Draft {
  const preset = shape.default === undefined ? null : presetOf(shape);
  if (preset !== null) return preset;
  const draft = { ...blank(), isGiven: isRequired };
  if (shape.kind === 'object') draft.fields = shape.fields.map(fieldDraft);
  if (shape.kind === 'choice' && shape.options.length === 1 && isRequired && !shape.isNullable)
    draft.text = '0';
  if (shape.kind === 'list' && isRequired && (shape.minItems ?? 0) > 0) draft.items = [newItem(shape)];
  return draft;
}

function fieldDraft({ shape, isRequired }: Field): Draft {
  return draftOf(shape, isRequired);
}

export function newItem(shape: ListShape): Draft {
  return draftOf(shape.item);
}

/** A default of null in an optional field says the same as leaving it out. */
function presetOf(shape: Shape): Draft | null {
  if (shape.default === null || !isExact(shape.default)) return null;
  const json = readJsonIfAny(JSON.stringify(shape.default));
  return json === null ? null : draftFrom(shape, json);
}

/** Whole numbers above 2^53 lost digits when the definition was read: better none than a wrong one. */
function isExact(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isExact);
}

/** The form for what was written as JSON; null when it does not fit in there. */
export function draftFrom(shape: Shape, json: Json): Draft | null {
  const draft = { ...blank(), isGiven: true };
  if (shape.kind === 'json') return { ...draft, text: json.text };
  // Below the null lies the form of what may take its place.
  if (json.kind === 'null') {
    return shape.isNullable ? { ...draftOf({ ...shape, default: undefined }), isNull: true } : null;
  }
  switch (shape.kind) {
    case 'text':
      return json.kind === 'string' ? { ...draft, text: json.value } : null;
    case 'number':
      return json.kind === 'number' ? { ...draft, text: json.text } : null;
    case 'boolean':
      return json.kind === 'boolean' ? { ...draft, text: json.text } : null;
    case 'choice': {
      const at = placeOf(shape, json);
      return at < 0 ? null : { ...draft, text: String(at) };
    }
    case 'list':
      return json.kind === 'list' ? listFrom(shape, json.items, draft) : null;
    case 'object':
      return json.kind === 'object' ? objectFrom(shape, json.members, draft) : null;
  }
}

function placeOf(shape: ChoiceShape, json: Json): number {
  const text = JSON.stringify(JSON.parse(json.text));
  return shape.options.findIndex(({ value }) => JSON.stringify(value) === text);
}

function listFrom(shape: ListShape, items: Json[], draft: Draft): Draft | null {
  const drafts: Draft[] = [];
  for (const item of items) {
    const filled = draftFrom(shape.item, item);
    // The form leaves empty text out; only JSON can say that it is there.
    if (filled === null || written(shape.item, filled) === null) return null;
    drafts.push(filled);
  }
  return { ...draft, items: drafts };
}

function objectFrom(shape: ObjectShape, members: [string, Json][], draft: Draft): Draft | null {
  const names = members.map(([name]) => name);
  if (new Set(names).size < names.length) return null;
  const fields: Draft[] = [];
  for (const field of shape.fields) {
    const found = members.find(([name]) => name === field.name);
    const filled = found === undefined ? withoutDefaults(field) : draftFrom(field.shape, found[1]);
    if (filled === null) return null;
    if (found !== undefined && written(field.shape, filled, field.isRequired) === null) return null;
    fields.push(filled);
  }
  const known = new Set(shape.fields.map(({ name }) => name));
  const extras = members.filter(([name]) => !known.has(name));
  return { ...draft, fields, extras: extras.map(([name, json]) => [name, json.text]) };
}

/** What was left out stays out, whatever the default is. */
function withoutDefaults({ shape, isRequired }: Field): Draft {
  return draftOf({ ...shape, default: undefined }, isRequired);
}

/** The JSON text of a draft; null when it is left out. To be asked when there are no problems. */
export function written(shape: Shape, draft: Draft, isRequired = true): string | null {
  if (draft.isNull) return 'null';
  switch (shape.kind) {
    case 'text':
      return draft.text === '' ? null : JSON.stringify(draft.text);
    case 'number':
    case 'boolean':
    case 'json':
      return draft.text.trim() === '' ? null : draft.text.trim();
    case 'choice': {
      const option = shape.options[Number(draft.text)];
      return draft.text === '' || option === undefined ? null : JSON.stringify(option.value);
    }
    case 'list': {
      const items = draft.items.map((item) => written(shape.item, item)).filter((item) => item !== null);
      return items.length === 0 && !isRequired && !draft.isGiven ? null : `[${items.join(',')}]`;
    }
    case 'object': {
      if (!isRequired && !draft.isGiven) return null;
      return `{${[...membersOf(shape, draft), ...draft.extras].map(member).join(',')}}`;
    }
  }
}

function membersOf(shape: ObjectShape, draft: Draft): [string, string][] {
  return shape.fields.flatMap((field, at): [string, string][] => {
    const given = draft.fields[at];
    const text = given === undefined ? null : written(field.shape, given, field.isRequired);
    return text === null ? [] : [[field.name, text]];
  });
}

function member([name, text]: [string, string]): string {
  return `${JSON.stringify(name)}:${text}`;
}

/** What is wrong with a draft, by field. */
export function problemsOf(shape: Shape, draft: Draft, isRequired = true, path = ''): Problems {
  const problems: Problems = new Map();
  collect(shape, draft, isRequired, path, problems);
  return problems;
}

function collect(shape: Shape, draft: Draft, isRequired: boolean, path: string, found: Problems): void {
  if (draft.isNull) return;
  if (shape.kind === 'object') {
    if (!isRequired && !draft.isGiven) return;
    shape.fields.forEach((field, at) => {
      const given = draft.fields[at];
      if (given) collect(field.shape, given, field.isRequired, pathOf(path, field.name), found);
    });
    return;
  }
  if (shape.kind === 'list') {
    draft.items.forEach((item, at) => {
      if (written(shape.item, item) !== null) collect(shape.item, item, true, pathOf(path, at), found);
    });
  }
  const problem = problemOf(shape, draft, isRequired);
  if (problem !== null) found.set(path, problem);
}

function problemOf(shape: Shape, draft: Draft, isRequired: boolean): Problem | null {
  const text = written(shape, draft, isRequired);
  if (text === null) return isRequired ? { code: 'required' } : null;
  switch (shape.kind) {
    case 'text':
      return lengthProblem(shape, draft.text);
    case 'number':
      return numberProblem(shape, text);
    case 'list':
      return countProblem(shape, draft);
    case 'json':
      return readJsonIfAny(text) === null ? { code: 'json' } : null;
    default:
      return null;
  }
}

function lengthProblem({ minLength, maxLength }: TextShape, text: string): Problem | null {
  const length = [...text].length;
  if (minLength !== null && length < minLength) return { code: 'too_short', limit: minLength };
  if (maxLength !== null && length > maxLength) return { code: 'too_long', limit: maxLength };
  return null;
}

function numberProblem(shape: NumberShape, text: string): Problem | null {
  if (!NUMBER.test(text)) return { code: 'number' };
  const number = Number(text);
  if (shape.isInteger && !Number.isInteger(number)) return { code: 'integer' };
  if (shape.minimum !== null && number < shape.minimum) return { code: 'minimum', limit: shape.minimum };
  if (shape.maximum !== null && number > shape.maximum) return { code: 'maximum', limit: shape.maximum };
  if (shape.above !== null && number <= shape.above) return { code: 'above', limit: shape.above };
  if (shape.below !== null && number >= shape.below) return { code: 'below', limit: shape.below };
  return null;
}

function countProblem(shape: ListShape, draft: Draft): Problem | null {
  const length = draft.items.filter((item) => written(shape.item, item) !== null).length;
  if (shape.minItems !== null && length < shape.minItems) return { code: 'too_few', limit: shape.minItems };
  if (shape.maxItems !== null && length > shape.maxItems) return { code: 'too_many', limit: shape.maxItems };
  return null;
}

/** What is wrong with the whole arguments as JSON: why it is none, or that it is no object. */
export function textProblem(text: string): { code: 'syntax'; reason: string } | { code: 'no_object' } | null {
  try {
    const value = JSON.parse(text) as unknown;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? null : { code: 'no_object' };
  } catch (reason) {
    return { code: 'syntax', reason: reason instanceof Error ? reason.message : String(reason) };
  }
}

/** The body of `POST /api/calls`, the arguments in it as they were written. */
export function bodyOf(call: Record<string, string | undefined>, argumentsText: string): string {
  const head = JSON.stringify(call);
  return `${head.slice(0, -1)}${head === '{}' ? '' : ','}"arguments":${argumentsText.trim()}}`;
}
