/** The lines of a body, each as soon as it is whole. The last one may lack its line break. */
export async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  /** The line that is not whole yet, as it came: a long one comes in many chunks. */
  let pieces: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const parts = value.split('\n');
      const last = parts.pop() ?? '';
      for (const part of parts) {
        const line = pieces.join('') + part;
        pieces = [];
        yield line.endsWith('\r') ? line.slice(0, -1) : line;
      }
      if (last !== '') pieces.push(last);
    }
    if (pieces.length > 0) yield pieces.join('');
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
