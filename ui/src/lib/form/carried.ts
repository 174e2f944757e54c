/** What was typed goes over to a form that was published anew, also where it is unfinished and no JSON yet. */
import { readJsonIfAny } from '$lib/json';
import { draftFrom, draftOf, written, type Draft } from './arguments';
import type { Field, ObjectShape, Shape } from './schema';

/** The form for `to`, filled with what fits of a draft that was made for `from`. */
export function carried(draft: Draft, from: Shape, to: Shape, isRequired = true): Draft {
  const json = readJsonIfAny(written(from, draft, isRequired) ?? '');
  const fitting = json === null ? null : draftFrom(to, json);
  if (fitting !== null) return fitting;
  if (from.kind === 'object' && to.kind === 'object') {
    return { ...draft, isNull: false, fields: to.fields.map((field) => carriedField(draft, from, field)) };
  }
  const isSame = from.kind === to.kind && from.kind !== 'choice' && !draft.isNull;
  return isSame ? draft : draftOf(to, isRequired);
}

function carriedField(draft: Draft, from: ObjectShape, { name, shape, isRequired }: Field): Draft {
  const at = from.fields.findIndex((field) => field.name === name);
  const [before, typed] = [from.fields[at], draft.fields[at]];
  if (before === undefined || typed === undefined) return draftOf(shape, isRequired);
  return carried(typed, before.shape, shape, isRequired);
}
