import { expect, test } from 'vitest';
import { commandLine, quoted } from './command-line';

test.each([
  ['npx', 'npx'],
  ['@scope/server@1.2', '@scope/server@1.2'],
  ['two words', "'two words'"],
  ["it's", String.raw`'it'\''s'`],
  ['', "''"],
  ['a\nb', String.raw`$'a\nb'`],
  ['a\u001b[0m', String.raw`$'a\x1b[0m'`],
])('a shell reads %j back', (word, expected) => {
  expect(quoted(word)).toBe(expected);
});

test('a command shows its folder and its variables, and hides secrets', () => {
  const line = commandLine({
    type: 'stdio',
    command: 'node',
    args: ['my server.js', '--port', '0'],
    cwd: '/home/x/My Files',
    env: { TOKEN: { secret: 'x/TOKEN/1' }, LEVEL: 'debug', LATER: { secret_needed: 'LATER' } },
  });
  expect(line).toBe(
    "cd '/home/x/My Files' && LATER=${LATER} LEVEL=debug TOKEN=${TOKEN} node 'my server.js' --port 0",
  );
});

test('a URL shows its headers', () => {
  const headers = { Authorization: { secret: 'x/Authorization/1' } };
  const line = commandLine({ type: 'http', url: 'https://example.com/mcp', headers });
  expect(line).toBe('https://example.com/mcp Authorization: ${Authorization}');
});
