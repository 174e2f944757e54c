/**
 * Lists the packages of others that the bundle carries, with version and licence, for the page "About".
 * Crates are those of the platform that builds; where there is no cargo, or its crates were not fetched,
 * the list has the npm packages alone and the build says so.
 */
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const UI = fileURLToPath(new URL('..', import.meta.url));
const OUT = join(UI, 'src/licences.json');
/** What `cargo metadata` prints for all of this workspace is 3 MB. */
const MAX_METADATA_BYTES = 64 * 1024 * 1024;
/** It reads files only. */
const METADATA_TIMEOUT_MS = 60_000;

/** @typedef {{ name: string, version: string, licence: string, from: 'npm' | 'crates' }} Package */

/** @returns {Promise<Package[]>} */
async function npmPackages() {
  const { dependencies } = JSON.parse(await readFile(join(UI, 'package.json'), 'utf8'));
  const { packages } = JSON.parse(await readFile(join(UI, 'package-lock.json'), 'utf8'));
  const found = new Map();
  // The runtime of Svelte is compiled in, although it is needed for building only.
  const open = [...Object.keys(dependencies), 'svelte'].map((name) => ({ name, from: '' }));
  for (const { name, from } of open) {
    const path = installed(packages, name, from);
    if (path === null || found.has(path)) continue;
    const { version, license, licenses } = JSON.parse(
      await readFile(join(UI, path, 'package.json'), 'utf8').catch(() => '{}'),
    );
    const told = license?.type ?? license ?? licenses?.map(({ type }) => type).join(' OR ');
    const licence = told ?? (await licenceFile(path));
    found.set(path, { name, version: version ?? packages[path].version, licence, from: 'npm' });
    open.push(...Object.keys(packages[path].dependencies ?? {}).map((name) => ({ name, from: path })));
  }
  return [...found.values()];
}

/** Some name their licence in a file only, whose first line is its name. */
async function licenceFile(path) {
  const text = await readFile(join(UI, path, 'LICENSE'), 'utf8').catch(() => '');
  const [first = ''] = text.trim().split('\n');
  return first === 'MIT License' ? 'MIT' : first;
}

/** Where `from` finds a package: in its own folder first, then in those around it. */
function installed(packages, name, from) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return null;
  }
}

/** @returns {Promise<Package[]>} */
async function crates() {
  const limits = { cwd: UI, maxBuffer: MAX_METADATA_BYTES, timeout: METADATA_TIMEOUT_MS };
  const { stdout: rustc } = await run('rustc', ['-vV'], limits);
  const host = /^host: (.+)$/m.exec(rustc)?.[1] ?? '';
  const flags = ['--format-version', '1', '--offline', '--locked', '--filter-platform', host];
  const { stdout } = await run('cargo', ['metadata', ...flags, '--manifest-path', '../Cargo.toml'], limits);
  const { packages, resolve, workspace_members: ours } = JSON.parse(stdout);
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  // The programs that people install; tests and build tools are members too.
  const isShipped = ({ id, name }) => ours.includes(id) && ['desktop', 'headgate-cli'].includes(name);
  const open = packages.filter(isShipped).map(({ id }) => id);
  const reached = new Set(open);
  for (const id of open) {
    for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
      if (reached.has(pkg) || !kinds.some(({ kind }) => kind === null)) continue;
      reached.add(pkg);
      open.push(pkg);
    }
  }
  return packages
    .filter(({ id }) => reached.has(id) && !ours.includes(id))
    .map(({ name, version, license }) => ({ name, version, licence: license ?? '', from: 'crates' }));
}

/** Writes the list and tells how many packages it has. */
export async function writeLicences() {
  const rust = await crates().catch((reason) => {
    console.warn(`The list of licences has no crates: ${String(reason.message).split('\n')[0]}`);
    return [];
  });
  const each = [...(await npmPackages()), ...rust];
  // One package may lie in several folders.
  const all = [...new Map(each.map((one) => [`${one.from} ${one.name} ${one.version}`, one])).values()];
  all.sort((a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'));
  await writeFile(OUT, `${JSON.stringify(all)}\n`);
  return all.length;
}

/** A Vite plugin: every build makes the list anew, the development server only where there is none. */
export function licences() {
  let isBuild = false;
  return {
    name: 'licences',
    configResolved(config) {
      isBuild = config.command === 'build';
    },
    async buildStart() {
      if (process.env.VITEST) return;
      if (isBuild || !(await stat(OUT).catch(() => null))) await writeLicences();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`${await writeLicences()} packages`);
}
