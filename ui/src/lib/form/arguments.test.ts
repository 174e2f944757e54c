import { describe, expect, it } from 'vitest';
import { readJson } from '$lib/json';
import { bodyOf, draftFrom, draftOf, problemsOf, textProblem, written, type Draft } from './arguments';
import { shapeOf, type ObjectShape } from './schema';

function object(properties: object, required: string[] = []): ObjectShape {
  return shapeOf({ type: 'object', properties, required }) as ObjectShape;
}

/** An empty form with these texts typed into its fields, in their order. */
function typed(shape: ObjectShape, ...texts: (string | null)[]): Draft {
  const draft = draftOf(shape);
  texts.forEach((text, at) => {
    const field = draft.fields[at];
    if (field && text !== null) field.text = text;
  });
  return draft;
}

const codes = (shape: ObjectShape, draft: Draft) =>
  Object.fromEntries([...problemsOf(shape, draft)].map(([path, { code }]) => [path, code]));

describe('written', () => {
  it('sends numbers as they were typed', () => {
    const shape = object({ a: { type: 'integer' }, b: { type: 'number' }, c: { type: 'number' } });
    const draft = typed(shape, '9007199254740993', ' 1.0 ', '1e400');
    expect(written(shape, draft)).toBe('{"a":9007199254740993,"b":1.0,"c":1e400}');
    expect(codes(shape, draft)).toEqual({});
  });

  it('leaves out what is empty', () => {
    const shape = object({
      s: { type: 'string' },
      n: { type: 'number' },
      b: { type: 'boolean' },
      j: {},
      o: { properties: { x: {} } },
    });
    expect(written(shape, draftOf(shape))).toBe('{}');
  });

  it('keeps the form below a null, for what may take its place', () => {
    const shape = object({
      o: { type: ['object', 'null'], properties: { x: { type: 'string' } } },
      l: { type: ['array', 'null'], items: { type: 'string' } },
    });
    const draft = draftFrom(shape, readJson('{"o":null,"l":null}'));
    expect(draft && written(shape, draft)).toBe('{"o":null,"l":null}');
    for (const field of draft?.fields ?? []) field.isNull = false;
    const [x] = draft?.fields[0]?.fields ?? [];
    if (x) x.text = 'y';
    expect(draft && written(shape, draft)).toBe('{"o":{"x":"y"},"l":[]}');
  });

  it('fills in defaults', () => {
    const shape = object({
      s: { type: 'string', default: 'a"b' },
      n: { type: 'integer', default: 0 },
      b: { type: 'boolean', default: false },
      e: { enum: ['x', 'y'], default: 'y' },
      l: { type: 'array', items: { type: 'integer' }, default: [1, 2] },
      o: { properties: { x: { type: 'string' } }, default: { x: '1' } },
      z: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null },
      big: { type: 'integer', default: 2 ** 60 },
      odd: { type: 'integer', default: 'no number' },
    });
    expect(written(shape, draftOf(shape))).toBe(
      '{"s":"a\\"b","n":0,"b":false,"e":"y","l":[1,2],"o":{"x":"1"}}',
    );
  });

  it('gives required parts their form and constants their value', () => {
    const shape = object(
      {
        c: { const: 'v1' },
        l: { type: 'array', items: {} },
        o: { properties: {}, additionalProperties: false },
      },
      ['c', 'l', 'o'],
    );
    expect(written(shape, draftOf(shape))).toBe('{"c":"v1","l":[],"o":{}}');
  });

  it('leaves defaults inside an optional object out until it is given', () => {
    const shape = object({ o: { properties: { x: { type: 'integer', default: 5 } } } });
    const draft = draftOf(shape);
    expect(written(shape, draft)).toBe('{}');
    if (draft.fields[0]) draft.fields[0].isGiven = true;
    expect(written(shape, draft)).toBe('{"o":{"x":5}}');
  });

  it('writes null and JSON as they are', () => {
    const shape = object({ s: { type: ['string', 'null'] }, j: {} }, ['s']);
    const draft = typed(shape, '', ' {"n": 9007199254740993} ');
    if (draft.fields[0]) draft.fields[0].isNull = true;
    expect(codes(shape, draft)).toEqual({});
    expect(written(shape, draft)).toBe('{"s":null,"j":{"n": 9007199254740993}}');
  });
});

describe('problemsOf', () => {
  it('tells each field its own', () => {
    const shape = object(
      {
        needed: { type: 'string' },
        comma: { type: 'number' },
        half: { type: 'integer' },
        low: { type: 'number', minimum: 2 },
        edge: { type: 'number', exclusiveMaximum: 2 },
        short: { type: 'string', minLength: 3 },
        long: { type: 'string', maxLength: 1 },
        json: {},
        fine: { type: 'integer' },
      },
      ['needed'],
    );
    expect(codes(shape, typed(shape, '', '1,5', '1.5', '1', '2', 'ab', '😀😀', '{', '1e3'))).toEqual({
      '/needed': 'required',
      '/comma': 'number',
      '/half': 'integer',
      '/low': 'minimum',
      '/edge': 'below',
      '/short': 'too_short',
      '/long': 'too_long',
      '/json': 'json',
    });
  });

  it.each(['+1', '.5', '01', '0x10', 'NaN', 'Infinity', '1 000', '1_000', '--1', '1.'])(
    '%s is no number',
    (text) => {
      const shape = object({ n: { type: 'number' } });
      expect(codes(shape, typed(shape, text))).toEqual({ '/n': 'number' });
    },
  );

  it('looks into lists and objects that are given', () => {
    const shape = object({
      l: { type: 'array', items: { type: 'integer' }, minItems: 3 },
      o: { properties: { x: { type: 'string' } }, required: ['x'] },
    });
    const draft = draftOf(shape);
    expect(codes(shape, draft)).toEqual({});
    const [list, inner] = draft.fields;
    if (list && inner) {
      list.items = ['1', 'x', ''].map((text) => ({ ...draftOf(shapeOf({ type: 'integer' })), text }));
      inner.isGiven = true;
    }
    expect(codes(shape, draft)).toEqual({ '/l/1': 'number', '/l': 'too_few', '/o/x': 'required' });
  });
});

describe('draftFrom', () => {
  const shape = object({
    id: { type: 'integer' },
    kind: { enum: ['a', 1] },
    tags: { type: 'array', items: { type: 'string' } },
    inner: { properties: { on: { type: 'boolean' } } },
    later: { type: 'string', default: 'not given' },
  });
  const round = (text: string) => {
    const draft = draftFrom(shape, readJson(text));
    return draft === null ? null : written(shape, draft);
  };

  it.each([
    ['{"id":9007199254740993,"kind":1,"tags":["x","y"],"inner":{"on":false}}'],
    ['{}'],
    ['{"tags":[]}'],
    ['{"inner":{}}'],
    ['{"inner":{"on":true,"more":1.0},"other":{"n": 1e2}}'],
  ])('%s comes back as it was', (text) => {
    expect(round(text)).toBe(text);
  });

  it.each([
    '{"id":"7"}',
    '{"id":null}',
    '{"kind":"c"}',
    '{"later":""}',
    '{"tags":[1]}',
    '{"id":1,"id":2}',
    '[]',
  ])('%s stays JSON', (text) => {
    expect(round(text)).toBeNull();
  });

  it('does not drop an empty text from a list', () => {
    expect(round('{"tags":["",""]}')).toBeNull();
  });
});

describe('the text of all arguments', () => {
  it('is an object', () => {
    expect(textProblem('{"a": 1}')).toBeNull();
    expect(textProblem('[1]')).toEqual({ code: 'no_object' });
    expect(textProblem('null')).toEqual({ code: 'no_object' });
    expect(textProblem('{')).toMatchObject({ code: 'syntax' });
  });

  it('goes into the body byte for byte', () => {
    const text = '{ "n": 9007199254740993, "m": 1.0 }';
    expect(bodyOf({ tool: 'a"b', client: undefined }, ` ${text}\n`)).toBe(
      `{"tool":"a\\"b","arguments":${text}}`,
    );
  });
});
