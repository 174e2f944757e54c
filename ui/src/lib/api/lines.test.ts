import { expect, it } from 'vitest';
import { lines } from './lines';

function body(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function read(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  const encoder = new TextEncoder();
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? encoder.encode(chunk) : chunk));
  const found: string[] = [];
  for await (const line of lines(body(...bytes))) found.push(line);
  return found;
}

it('gives lines however the bytes come in', async () => {
  expect(await read('a\nb', 'c\r\n', '\nd')).toEqual(['a', 'bc', '', 'd']);
  expect(await read('')).toEqual([]);
  expect(await read('a\n')).toEqual(['a']);
});

it('puts a line together that came in many pieces', async () => {
  const pieces = Array.from({ length: 20_000 }, () => 'x'.repeat(200));
  const found = await read(...pieces, '\nend');
  expect(found.map(({ length }) => length)).toEqual([4_000_000, 3]);
});

it('keeps letters whole that are cut between two chunks', async () => {
  const bytes = new TextEncoder().encode('grün\n');
  for (let at = 1; at < bytes.length; at += 1) {
    expect(await read(bytes.slice(0, at), bytes.slice(at))).toEqual(['grün']);
  }
});
