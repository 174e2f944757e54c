import { describe, expect, it } from 'vitest';
import { shapeOf, type ObjectShape, type Shape } from './schema';

/** The shape in a line: what a form would show. */
function words(shape: Shape): string {
  const end = shape.isNullable ? '?' : '';
  switch (shape.kind) {
    case 'number':
      return (shape.isInteger ? 'integer' : 'number') + end;
    case 'choice':
      return `(${shape.options.map((option) => option.label).join('|')})${end}`;
    case 'list':
      return `[${words(shape.item)}]${end}`;
    case 'object': {
      const fields = shape.fields.map(
        (field) => `${field.name}${field.isRequired ? '!' : ''}:${words(field.shape)}`,
      );
      return `{${fields.join(' ')}}${end}`;
    }
    case 'json':
      return `json:${shape.why}${end}`;
    default:
      return shape.kind + end;
  }
}

const property = (schema: unknown, more: object = {}) =>
  words(
    (shapeOf({ type: 'object', properties: { p: schema }, ...more }) as ObjectShape).fields[0]?.shape ??
      shapeOf(true),
  );

describe('shapeOf', () => {
  it.each([
    [{ type: 'string' }, 'text'],
    [{ type: ['string', 'null'] }, 'text?'],
    [{ type: ['string', 'number'] }, 'json:choices'],
    [{ type: 'integer' }, 'integer'],
    [{ minimum: 3 }, 'number'],
    [{ pattern: 'a' }, 'text'],
    [{ type: 'boolean' }, 'boolean'],
    [{ enum: ['a', 2, null] }, '(a|2)?'],
    [{ enum: [1, 2], enumNames: ['one', 'two'] }, '(one|two)'],
    [{ const: 'x' }, '(x)'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'text?'],
    [{ oneOf: [{ type: 'integer' }] }, 'integer'],
    [
      {
        oneOf: [
          { const: 1, title: 'Low' },
          { const: 2, title: 'High' },
        ],
      },
      '(Low|High)',
    ],
    [{ anyOf: [{ enum: ['a'] }, { enum: ['b'] }, { type: 'null' }] }, '(a|b)?'],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, 'json:choices'],
    [{ type: 'array', items: { type: 'string' } }, '[text]'],
    [{ type: 'array' }, 'json:free'],
    [{ type: 'array', prefixItems: [{}] }, 'json:free'],
    [{ type: 'object' }, 'json:free'],
    [{ type: 'object', additionalProperties: { type: 'string' } }, 'json:free'],
    [{ type: 'object', additionalProperties: false }, '{}'],
    [{ properties: { a: { type: 'string' } }, required: ['a'] }, '{a!:text}'],
    [{ properties: { a: { type: 'string' } }, anyOf: [{ required: ['a'] }] }, '{a!:text}'],
    [{ properties: { a: {} }, anyOf: [{ required: ['a'] }, { required: ['b'] }] }, '{a:json:free}'],
    [{ options: ['stranger'], type: 'string' }, 'text'],
    [{}, 'json:free'],
    [true, 'json:free'],
    [false, 'json:free'],
    [null, 'json:free'],
    [{ $ref: 'https://example.com/x' }, 'json:missing'],
    [{ $ref: '#/$defs/none' }, 'json:missing'],
  ])('%j', (schema, expected) => {
    expect(property(schema)).toBe(expected);
  });

  it('follows references, with escapes, and keeps what stands beside them', () => {
    const $defs = { 'a/b~c d': { type: 'string', description: 'far' } };
    const shape = shapeOf({
      $defs,
      properties: {
        p: { $ref: '#/$defs/a~1b~0c%20d', description: 'near' },
        q: { $ref: '#/$defs/a~1b~0c%20d' },
      },
    }) as ObjectShape;
    expect(shape.fields.map((field) => [field.shape.kind, field.shape.description])).toEqual([
      ['text', 'near'],
      ['text', 'far'],
    ]);
  });

  it('shows a cycle as JSON where it closes', () => {
    const node = { type: 'object', properties: { name: { type: 'string' }, next: { $ref: '#/$defs/node' } } };
    expect(property({ $ref: '#/$defs/node' }, { $defs: { node } })).toBe('{name:text next:json:cycle}');
    expect(words(shapeOf({ $ref: '#' }))).toBe('json:cycle');
    expect(words(shapeOf({ properties: { a: { $ref: '#' } } }))).toBe('{a:{a:json:cycle}}');
  });

  it('lets one reference stand twice side by side', () => {
    const $defs = { one: { type: 'object', properties: { a: { type: 'string' } } } };
    const schema = { allOf: [{ $ref: '#/$defs/one' }, { $ref: '#/$defs/one' }] };
    expect(property(schema, { $defs })).toBe('{a:text}');
  });

  it('merges allOf as narrow as it gets', () => {
    const shape = shapeOf({
      allOf: [
        { properties: { n: { type: 'number', minimum: 1, maximum: 9 } }, required: ['n'] },
        { properties: { n: { type: 'integer', minimum: 3 }, s: { enum: ['a', 'b'] } } },
      ],
      properties: { s: { enum: ['b', 'c'] } },
      required: ['s'],
    }) as ObjectShape;
    expect(words(shape)).toBe('{n!:integer s!:(b)}');
    expect(shape.fields[0]?.shape).toMatchObject({ minimum: 3, maximum: 9 });
  });

  it('knows limits of both drafts, defaults and rules that it cannot show', () => {
    expect(shapeOf({ type: 'number', minimum: 0, exclusiveMinimum: true })).toMatchObject({
      above: 0,
      minimum: null,
    });
    expect(shapeOf({ type: 'number', exclusiveMaximum: 5, default: 0 })).toMatchObject({
      below: 5,
      default: 0,
    });
    expect(shapeOf({ type: 'string', not: { const: 'x' } }).hasMore).toBe(true);
    expect(shapeOf({ type: 'string' }).hasMore).toBe(false);
  });

  it('ends on references that double at every level', () => {
    const $defs: Record<string, unknown> = { d40: { type: 'string' } };
    for (let at = 0; at < 40; at += 1) {
      const next = { $ref: `#/$defs/d${at + 1}` };
      $defs[`d${at}`] = {
        type: 'object',
        properties: { a: next, b: next, c: next, d: next },
        allOf: [{}, {}],
      };
    }
    expect(shapeOf({ $defs, $ref: '#/$defs/d0' }).kind).toBe('object');
    expect(
      shapeOf({ $defs: { x: { allOf: Array.from({ length: 3000 }, () => ({})) } }, $ref: '#/$defs/x' }).kind,
    ).toBe('json');
  });

  it('takes whatever strangers write', () => {
    const values: unknown[] = [null, true, 7, 'x', [], [null], {}, { type: 5 }, [{ $ref: 5 }], { $ref: '#' }];
    const keys = [
      'type',
      'properties',
      'items',
      'required',
      'allOf',
      'anyOf',
      'oneOf',
      'enum',
      '$ref',
      'minimum',
    ];
    const schemas = keys.flatMap((key) =>
      keys.flatMap((other) =>
        values.flatMap((value) =>
          values.map((second) => ({ allOf: [{ [key]: value }, { [key]: second }], [other]: second })),
        ),
      ),
    );
    expect(schemas.map((schema) => shapeOf(schema).kind)).toHaveLength(schemas.length);
  });

  it('takes names that objects have from birth', () => {
    const schema = JSON.parse(
      '{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"integer"}}}',
    ) as object;
    expect(words(shapeOf(schema))).toBe('{__proto__:text constructor:integer}');
  });
});
