import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** WCAG 2.2, 1.4.3 and 1.4.11: text needs 4.5, shapes and the edges of controls need 3. */
const TEXT = 4.5;
const SHAPE = 3;

/** A row is chosen, or lights up, on `accent-soft`. */
const grounds = ['bg', 'surface', 'raised', 'sunken', 'hover', 'accent-soft'];
const pairs: [string, string, number][] = [
  ...grounds.flatMap((ground): [string, string, number][] => [
    ['text', ground, TEXT],
    ['text-2', ground, TEXT],
    ['text-3', ground, TEXT],
    ['accent', ground, TEXT],
    ['running', ground, TEXT],
    ['asleep', ground, TEXT],
    ['attention', ground, TEXT],
    ['failed', ground, TEXT],
  ]),
  ...['bg', 'surface', 'raised'].map((ground): [string, string, number] => ['line-strong', ground, SHAPE]),
  ['on-accent', 'accent', TEXT],
  ['on-accent', 'accent-hover', TEXT],
  ...['running', 'attention', 'failed'].flatMap((state): [string, string, number][] => [
    [state, `${state}-soft`, TEXT],
    ['text', `${state}-soft`, TEXT],
    ['text-2', `${state}-soft`, TEXT],
  ]),
];

const css = readFileSync('src/tokens.css', 'utf8');

function colour(name: string, theme: 'light' | 'dark'): string {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  const value = found?.[theme === 'light' ? 1 : 2];
  if (value === undefined) throw new Error(`no colour --${name}`);
  return value;
}

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('contrast, %s', (theme) => {
  it.each(pairs)('%s on %s', (front, ground, least) => {
    expect(contrast(colour(front, theme), colour(ground, theme))).toBeGreaterThanOrEqual(least);
  });
});
