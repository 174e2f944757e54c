import { describe, expect, it } from 'vitest';
import { readJson } from '$lib/json';
import { failureOf, resultOf, tableOf } from './result';

const one = (block: unknown) => resultOf(JSON.stringify({ content: [block] })).blocks[0];

describe('resultOf', () => {
  it('knows every kind of block', () => {
    expect(one({ type: 'text', text: 'a\n b' })).toEqual({ kind: 'text', text: 'a\n b' });
    expect(one({ type: 'image', data: 'AAAA', mimeType: 'image/PNG' })).toEqual({
      kind: 'image',
      source: 'data:image/png;base64,AAAA',
      mimeType: 'image/png',
      bytes: 3,
    });
    expect(one({ type: 'audio', data: 'AA==', mimeType: 'audio/wav' })).toMatchObject({
      kind: 'audio',
      bytes: 1,
    });
    expect(one({ type: 'resource_link', uri: 'file:///x', name: 'x' })).toMatchObject({
      kind: 'link',
      uri: 'file:///x',
    });
    expect(one({ type: 'resource', resource: { uri: 'a:b', text: 't' } })).toMatchObject({
      kind: 'resource',
      text: 't',
    });
    expect(one({ type: 'resource', resource: { uri: 'a:b', blob: 'AAAA' } })).toMatchObject({
      kind: 'data',
      bytes: 3,
    });
  });

  it('makes no URL of what is no base64 or no picture', () => {
    expect(one({ type: 'image', data: 'x"><script>', mimeType: 'image/png' })).toMatchObject({
      kind: 'other',
    });
    expect(one({ type: 'image', data: 'AAAA', mimeType: 'text/html' })).toMatchObject({
      kind: 'data',
      why: 'type',
    });
    expect(one({ type: 'audio', data: 'AAAA', mimeType: 'audio/x;,<' })).toMatchObject({
      kind: 'data',
      why: 'type',
    });
    expect(one({ type: 'image', data: 'A'.repeat(30_000_000), mimeType: 'image/png' })).toMatchObject({
      why: 'size',
    });
  });

  it.each([{ type: 'new', x: 1.5 }, { type: 'text' }, 'text', null, 7, { type: 'resource', resource: null }])(
    'shows %j as it is',
    (block) => {
      expect(one(block)).toEqual({ kind: 'other', text: JSON.stringify(block) });
    },
  );

  it('keeps digits, and what nobody knows', () => {
    const result = resultOf(
      '{"content":[],"structuredContent":{"n":9007199254740993},"isError":true,"_meta":{"a":1.0}}',
    );
    expect(result).toMatchObject({ isError: true, blocks: [], rest: '{"_meta":{"a":1.0}}' });
    expect(result.structured?.text).toBe('{"n":9007199254740993}');
  });

  it.each(['null', '[]', '{"content":7}', 'no json'])('takes %s', (text) => {
    expect(resultOf(text)).toMatchObject({ isError: false, blocks: [] });
  });
});

it('reads failures', () => {
  expect(failureOf('{"code":-32602,"message":"no","data":{"a":1}}')).toMatchObject({
    code: '-32602',
    message: 'no',
  });
  expect(failureOf('{}')).toMatchObject({ code: null, message: '{}' });
});

it('makes tables of flat objects alone', () => {
  expect(tableOf(readJson('[{"a":1},{"b":"x"}]'))).toMatchObject({
    columns: ['a', 'b'],
    rows: [
      [{ text: '1' }, null],
      [null, {}],
    ],
  });
  expect(tableOf(readJson('[{"a":{}},{"a":1}]'))).toBeNull();
  expect(tableOf(readJson('[{"a":1}]'))).toBeNull();
  expect(tableOf(readJson('[1,2]'))).toBeNull();
});
