/** A real gateway in a fresh home folder, and the ways to steer it: the admin API and the command line. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { components } from '../src/lib/api/schema';

type Api = components['schemas'];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Programs as `cargo build` makes them, unless the environment names others. */
export const HEADGATE = program('HEADGATE_BIN', 'target/debug/headgate');
export const FAKE_UPSTREAM = program('FAKE_UPSTREAM_BIN', 'target/debug/fake-upstream');

/** A gateway that neither starts nor ends in this time never will. */
const PATIENCE_MS = 20_000;

interface Manifest {
  pid: number;
  url: string;
  admin_token: string;
}

function program(variable: string, path: string): string {
  return resolve(ROOT, process.env[variable] ?? path);
}

/** Asks until it is so. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 40));
  }
}

export class Gate {
  #process: ChildProcess | null = null;
  #manifest: Manifest | null = null;

  private constructor(
    readonly home: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Starts one; `env` adds to its environment. */
  static async start(env: NodeJS.ProcessEnv = {}): Promise<Gate> {
    for (const path of [HEADGATE, FAKE_UPSTREAM]) {
      if (!existsSync(path))
        throw new Error(`${path} is missing; \`cargo build -p headgate -p e2e\` makes it`);
    }
    const home = await mkdtemp(join(tmpdir(), 'headgate-ui-'));
    const gate = new Gate(home, {
      PATH: process.env.PATH,
      HOME: home,
      // A login shell of the person would bring their own PATH and take its time.
      SHELL: '/bin/sh',
      HEADGATE_HOME: home,
      HEADGATE_PORT: '0',
      HEADGATE_SECRET_STORE: 'file',
      ...env,
    });
    await gate.up();
    return gate;
  }

  get url(): string {
    return this.#known().url;
  }

  get token(): string {
    return this.#known().admin_token;
  }

  /** False until its manifest is read: what is asked of it before bears the token of its predecessor. */
  get isKnown(): boolean {
    return this.#manifest !== null && this.#manifest.pid === this.#process?.pid;
  }

  #known(): Manifest {
    if (this.#manifest === null) throw new Error('the gateway does not run');
    return this.#manifest;
  }

  /** Starts it, the second time at the port that it had. */
  async up(): Promise<void> {
    const port = this.#manifest === null ? this.env.HEADGATE_PORT : new URL(this.#manifest.url).port;
    const child = spawn(HEADGATE, ['serve'], {
      env: { ...this.env, HEADGATE_PORT: port },
      stdio: 'ignore',
      cwd: this.home,
    });
    this.#process = child;
    this.#manifest = await until('the gateway writes its manifest', async () => {
      if (child.exitCode !== null) throw new Error(`\`headgate serve\` ended with ${child.exitCode}`);
      const text = await readFile(join(this.home, 'manifest.json'), 'utf8').catch(() => '{}');
      const manifest = JSON.parse(text) as Manifest;
      return manifest.pid === child.pid && manifest;
    });
    await until('the gateway answers', () => this.get<Api['Status']>('/api/status').catch(() => undefined));
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As a person stops it. */
  async down(): Promise<void> {
    await this.run('down');
    await this.#end(null);
  }

  /** Ends it and makes sure that nothing is left of it. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    await until('no process is left', async () => (await this.#left()).length === 0);
    await rm(this.home, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals | null): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    if (signal !== null) child.kill(signal);
    const hardly = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await ended;
    clearTimeout(hardly);
  }

  /** Processes whose environment names the home folder, on systems that tell. */
  async #left(): Promise<string[]> {
    const numbers = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const named = numbers.map(async (number) => {
      const environment = await readFile(`/proc/${number}/environ`, 'utf8').catch(() => '');
      return environment.includes(this.home) ? number : null;
    });
    return (await Promise.all(named)).filter((number) => number !== null);
  }

  /** Runs `headgate` with these arguments and gives what it printed. */
  async run(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(HEADGATE, args, { env: this.env, cwd: this.home });
    return stdout;
  }

  /** A link that lets one tab in, as `headgate ui` prints it. */
  async link(): Promise<string> {
    const printed = JSON.parse(await this.run('ui', '--print', '--json')) as { url: string };
    return printed.url;
  }

  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  get<T>(path: string): Promise<T> {
    return this.ask<T>('GET', path);
  }

  /** Registers an upstream. */
  async add(
    name: string,
    transport: Api['Transport'],
    more: Partial<Api['NewUpstream']> = {},
  ): Promise<void> {
    await this.ask('POST', '/api/upstreams', { name, transport, ...more });
  }

  addDemo(): Promise<void> {
    return this.add('demo', { type: 'demo' });
  }

  /** Registers the scripted server of the end-to-end tests, with nothing but what `args` say. */
  addFake(name: string, args: string[], more: Partial<Api['NewUpstream']> = {}): Promise<void> {
    const transport = { type: 'stdio' as const, command: FAKE_UPSTREAM, args: ['--stdio', ...args] };
    return this.add(name, transport, more);
  }

  /** Makes a client and gives its key. */
  async client(name: string): Promise<string> {
    return (await this.ask<Api['CreatedClient']>('POST', '/api/clients', { name })).key;
  }

  /** Waits until the record holds as many calls. */
  async recorded(calls: number): Promise<void> {
    await until(`${calls} calls are recorded`, async () => {
      const page = await this.get<Api['ActivityPage']>('/api/activity?limit=100');
      return page.calls.filter((call) => call.method === 'tools/call').length >= calls;
    });
  }
}
