import { expect, it } from 'vitest';
import { draftOf } from './arguments';
import { carried } from './carried';
import { shapeOf, type ObjectShape } from './schema';

const object = (properties: object) => shapeOf({ type: 'object', properties }) as ObjectShape;

it('an unfinished number takes no other field along', () => {
  const before = object({ text: { type: 'string' }, n: { type: 'number' }, old: { type: 'string' } });
  const after = object({ added: { type: 'string' }, n: { type: 'number' }, text: { type: 'string' } });
  const draft = draftOf(before);
  draft.fields.forEach((field, at) => (field.text = ['typed', '1.', 'gone'][at] ?? ''));
  expect(carried(draft, before, after).fields.map(({ text }) => text)).toEqual(['', '1.', 'typed']);
});

it('what fits no more begins anew', () => {
  const before = object({ a: { type: 'string' }, b: { enum: ['x', 'y'] } });
  const after = object({ a: { type: 'boolean' }, b: { enum: ['z', 'y'] } });
  const draft = draftOf(before);
  draft.fields.forEach((field, at) => (field.text = ['typed', '1'][at] ?? ''));
  expect(carried(draft, before, after).fields.map(({ text }) => text)).toEqual(['', '1']);
});
