import { describe, expect, it } from 'vitest';
import { indented, member, readJson, readJsonIfAny } from './json';

describe('readJson', () => {
  it('keeps the text of numbers', () => {
    const json = readJson(' { "a" : 9007199254740993, "b": [1.0, -2e+3, 1e400] } ');
    expect(member(json, 'a')).toEqual({ kind: 'number', text: '9007199254740993' });
    expect(member(json, 'b')?.text).toBe('[1.0, -2e+3, 1e400]');
  });

  it('reads strings with quotes, escapes and brackets inside', () => {
    const json = readJson(String.raw`{"a\"}":"[{,:\\\" ä😀 "}`);
    expect(json.kind === 'object' && json.members[0]?.[0]).toBe('a"}');
    expect(member(json, 'a"}')).toMatchObject({ kind: 'string', value: '[{,:\\" ä😀 ' });
  });

  it.each(['{}', '[]', 'null', 'true', '-0', '""', '[[],{}]'])('reads %s', (text) => {
    expect(readJson(text).text).toBe(text);
  });

  it('takes the last of two members with one name', () => {
    expect(member(readJson('{"a":1,"a":2}'), 'a')?.text).toBe('2');
  });

  it.each(['', '{', '{"a":}', '01', "{'a':1}", '[1,]', 'undefined'])('refuses %s', (text) => {
    expect(readJsonIfAny(text)).toBeNull();
    expect(() => readJson(text)).toThrow(SyntaxError);
  });
});

describe('indented', () => {
  it('takes long strings and deep nesting', () => {
    const text = JSON.stringify({ a: 'x\\"'.repeat(1_000_000) });
    expect(indented(text).length).toBe(text.length + 5);
    const depth = 5000;
    expect(indented('['.repeat(depth) + ']'.repeat(depth)).length).toBeLessThan(depth * 300);
  });

  it('looks as JSON.stringify has it', () => {
    const value = { a: [1, { b: null }], c: {}, d: [], 'e:,"': 'x:,{}' };
    expect(indented(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
  });

  it('keeps digits', () => {
    expect(indented('{"n":9007199254740993,"m":1.0}')).toBe('{\n  "n": 9007199254740993,\n  "m": 1.0\n}');
  });

  it('leaves text that was cut as it is', () => {
    expect(indented('{"a": [1, 2')).toBe('{"a": [1, 2');
  });
});
