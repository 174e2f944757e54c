/** A shape in words: its type, and what narrows it. */
import { count } from '$lib/format';
import { m } from '$paraglide/messages';
import type { Problem } from './arguments';
import type { Shape, Why } from './schema';

export function typeWord(shape: Shape): string {
  const word = plainType(shape);
  return shape.isNullable ? m.tools_or_null({ type: word }) : word;
}

function plainType(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return m.tools_type_text();
    case 'number':
      return shape.isInteger ? m.tools_type_integer() : m.tools_type_number();
    case 'boolean':
      return m.tools_type_boolean();
    case 'choice':
      return m.tools_type_choice();
    case 'list':
      return m.tools_type_list({ type: typeWord(shape.item) });
    case 'object':
      return m.tools_type_object();
    case 'json':
      return shape.types.length === 1 ? (shape.types[0] ?? '') : m.tools_type_json();
  }
}

/** Ranges, lengths and formats, shortest form first. */
export function limitWords(shape: Shape): string[] {
  switch (shape.kind) {
    case 'text':
      return [
        shape.format,
        range(shape.minLength, shape.maxLength, (text) => m.tools_characters({ range: text })),
        shape.pattern === null ? null : m.tools_pattern({ pattern: shape.pattern }),
      ].filter((word) => word !== null);
    case 'number':
      return [
        range(shape.minimum, shape.maximum, (text) => text),
        shape.above === null ? null : `> ${number(shape.above)}`,
        shape.below === null ? null : `< ${number(shape.below)}`,
        shape.multipleOf === null ? null : m.tools_multiple({ step: number(shape.multipleOf) }),
      ].filter((word) => word !== null);
    case 'list':
      return [range(shape.minItems, shape.maxItems, (text) => m.tools_entries({ range: text }))].filter(
        (word) => word !== null,
      );
    default:
      return [];
  }
}

function range(least: number | null, most: number | null, words: (range: string) => string): string | null {
  if (least !== null && most !== null) return words(`${number(least)}–${number(most)}`);
  if (least !== null) return words(`≥ ${number(least)}`);
  return most === null ? null : words(`≤ ${number(most)}`);
}

function number(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? count(value) : String(value);
}

export function whyWord(why: Why): string {
  switch (why) {
    case 'free':
      return m.tools_why_free();
    case 'choices':
      return m.tools_why_choices();
    case 'cycle':
      return m.tools_why_cycle();
    case 'missing':
      return m.tools_why_missing();
    case 'size':
      return m.tools_why_size();
  }
}

export function problemWord({ code, limit = 0 }: Problem): string {
  const bound = { limit: number(limit) };
  switch (code) {
    case 'required':
      return m.tools_problem_required();
    case 'number':
      return m.tools_problem_number();
    case 'integer':
      return m.tools_problem_integer();
    case 'minimum':
      return m.tools_problem_minimum(bound);
    case 'maximum':
      return m.tools_problem_maximum(bound);
    case 'above':
      return m.tools_problem_above(bound);
    case 'below':
      return m.tools_problem_below(bound);
    case 'too_short':
      return m.tools_problem_too_short(bound);
    case 'too_long':
      return m.tools_problem_too_long(bound);
    case 'too_few':
      return m.tools_problem_too_few(bound);
    case 'too_many':
      return m.tools_problem_too_many(bound);
    case 'json':
      return m.tools_problem_json();
  }
}
