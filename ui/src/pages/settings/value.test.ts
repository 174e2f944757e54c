import { expect, it } from 'vitest';
import { fieldText, keptValue, typedValue, valueText } from './value';
import type { Setting } from './words';

function setting(patch: Partial<Setting>): Setting {
  return {
    key: 'x',
    meaning: 'What it is.',
    unit: 'count',
    source: 'kept',
    at_start: false,
    needs_restart: false,
    ...patch,
  };
}

it.each([
  ['seconds', '5 min', 300],
  ['seconds', '0,5', 0.5],
  ['seconds', 'never', 'never'],
  ['count', ' 4283 ', 4283],
  ['count', '100,000', 100_000],
  ['count', '100.000', 100_000],
  ['count', '1.5', '1.5'],
  ['count', '', null],
] as const)('a field of %s with %j gives %j', (unit, text, value) => {
  expect(typedValue(setting({ unit }), text)).toBe(value);
});

it('a field shows seconds as people say them', () => {
  expect(fieldText(setting({ unit: 'seconds', value: 86_400 }))).toBe('1 d');
  expect(fieldText(setting({ value: 100_000 }))).toBe('100,000');
  expect(fieldText(setting({ key: 'port', value: 4283 }))).toBe('4283');
  expect(fieldText(setting({}))).toBe('');
});

it('a value in a sentence has its unit, and a port no separators', () => {
  expect(valueText(setting({ key: 'port', value: 38117 }))).toBe('38117');
  expect(valueText(setting({ key: 'recording_rows', value: 100_000 }))).toBe('100,000 calls');
  expect(valueText(setting({ key: 'recording_days', value: 1 }))).toBe('1 day');
  expect(valueText(setting({ key: 'memory_limit' }))).toBe('No limit');
});

it('undo of a first change goes back to the default', () => {
  expect(keptValue(setting({ source: 'default', value: 60 }))).toBe(null);
  expect(keptValue(setting({ source: 'kept', value: 60 }))).toBe(60);
});
