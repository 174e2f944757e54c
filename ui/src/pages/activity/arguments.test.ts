import { expect, test } from 'vitest';
import { argumentsOf } from './arguments';

const cases: [string, string | null][] = [
  ['{"name":"add","arguments":{"a":1,"b":2}}', '{"a":1,"b":2}'],
  [
    '{ "arguments" : {"id": 9007199254740993, "x": 1.0} , "name": "add" }',
    '{"id": 9007199254740993, "x": 1.0}',
  ],
  ['{"name":"a","_meta":{"arguments":{"no":1}},"arguments":{"s":"}\\"{,"}}', '{"s":"}\\"{,"}'],
  ['{"name":"arguments"}', '{}'],
  ['{"arguments":null}', 'null'],
  ['{"arguments":[1,[2]],"name":"x"}', '[1,[2]]'],
  ['{"\\u0061rguments":{"a":1}}', '{"a":1}'],
  ['{"arguments":{"a":"cut', null],
  ['[1]', '{}'],
];

test.each(cases)('of %s', (parameters, expected) => {
  expect(argumentsOf(parameters)?.text ?? null).toBe(expected);
});

test('what was hidden is told', () => {
  expect(argumentsOf('{"arguments":{"token":"***"}}')?.isMasked).toBe(true);
  expect(argumentsOf('{"arguments":{"token":"abc"}}')?.isMasked).toBe(false);
  expect(argumentsOf('{"arguments":{"text":"a *** b"}}')?.isMasked).toBe(false);
});
