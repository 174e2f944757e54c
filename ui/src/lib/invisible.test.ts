import { expect, it } from 'vitest';
import { revealed } from './invisible';

function shown(text: string): string {
  return revealed(text)
    .map((piece) => (piece.isMark ? `[${piece.text}]` : piece.text))
    .join('');
}

it('shows what cannot be seen, and leaves the rest as it is', () => {
  const cases: [string, string][] = [
    ['npx -y server', 'npx -y server'],
    ['', ''],
    ['a\u200bb', 'a[U+200B]b'],
    ['rm\u202etxt', 'rm[U+202E]txt'],
    ['\u00a0x\u0007', '[U+00A0]x[U+0007]'],
    ['tag\u{e0041}', 'tag[U+E0041]'],
    ['größe 日本 🙂', 'größe 日本 🙂'],
    ['line\nbreak\ttab', 'line[↵]\nbreak[⇥]\ttab'],
    ['fill\u3164er', 'fill[U+3164]er'],
  ];
  for (const [text, expected] of cases) expect(shown(text)).toBe(expected);
});
