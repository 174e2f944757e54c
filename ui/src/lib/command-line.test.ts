import { expect, test } from 'vitest';
import { commandLine, quoted } from './command-line';

test.each([
  ['npx', 'npx'],
  ['@scope/server@1.2', '@scope/server@1.2'],
  ['two words', "'two words'"],
  ["it's", String.raw`'it'\''s'`],
  ['', "''"],
  ['a\nb', String.raw`$'a\nb'`],
  ['a\u001b[0m', String.raw`$'a\u{1b}[0m'`],
  ['\u202ex', String.raw`$'\u{202e}x'`],
  ["y\u200b'\\", String.raw`$'y\u{200b}\'\\'`],
  ['z\u3164', String.raw`$'z\u{3164}'`],
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

test('a name cannot pass for a command', () => {
  const env = { 'A=1 npx -y good-server #': '', B: '1', 'C=2': { secret: 'x' } };
  expect(commandLine({ type: 'stdio', command: 'evil', env })).toBe(
    "'A=1 npx -y good-server #'='' B=1 'C=2'=${'C=2'} evil",
  );
  expect(commandLine({ type: 'stdio', command: 'A=1', args: ['B=2'] })).toBe("'A=1' B=2");
});

test('a URL shows its headers', () => {
  const headers = { Authorization: { secret: 'x/Authorization/1' } };
  const line = commandLine({ type: 'http', url: 'https://example.com/mcp', headers });
  expect(line).toBe('https://example.com/mcp Authorization: ${Authorization}');
});
