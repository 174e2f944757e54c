/**
 * A backup on its way back: the file, what it would change, what a person gives to it, what came of it.
 * Nothing is done but what was shown: the digest of the plan goes back with the order.
 */
import { api, ask, Refusal, type Api } from '$lib/api/client';
import { m } from '$paraglide/messages';

type Report = Api['RestoreReport'];
export type Item = Api['RestoreItem'];
export type Mode = Api['RestoreMode'];

/** A backup of 200 upstreams takes some 100 KB; what is far larger is another file. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** The document in a file; throws a sentence that says why it is none. */
export function documentOf(text: string, name: string): Api['Backup'] {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (reason) {
    throw new Error(m.settings_restore_no_json({ name, reason: (reason as Error).message }), {
      cause: reason,
    });
  }
  const isOurs =
    typeof read === 'object' && read !== null && 'format' in read && read.format === 'headgate-backup';
  if (!isOurs) throw new Error(m.settings_restore_no_backup({ name }));
  return read as Api['Backup'];
}

/** What something is done to. */
export function toDo(report: Report): Item[] {
  return report.items.filter(({ action }) => action !== 'unchanged' && action !== 'left');
}

/** What stays as it is. */
export function staying(report: Report): Item[] {
  return report.items.filter(({ action }) => action === 'unchanged' || action === 'left');
}

class Restoring {
  fileName = $state<string | null>(null);
  mode = $state<Mode>('merge');
  plan = $state.raw<Report | null>(null);
  /** What was done, with the keys of new clients. */
  done = $state.raw<Report | null>(null);
  problem = $state.raw<Refusal | null>(null);
  isBusy = $state(false);
  /** The order was given; what comes back may hold keys that are told only once. */
  isRestoring = $state(false);
  /** The order was given, and no answer came: nobody here knows whether it was carried out. */
  isUncertain = $state(false);
  /** New keys are shown, which nobody can have again. */
  readonly hasKeys = $derived(this.done?.items.some(({ key }) => key) ?? false);
  /** Values that a person typed, by upstream and name. */
  secrets = $state<Record<string, Record<string, string>>>({});

  #document: Api['Backup'] | null = null;
  /** Counts what was begun: what is told of anything but the last is about another file or another mode. */
  #turn = 0;

  /** Reads a file and asks what it would change. */
  async open(file: File): Promise<void> {
    if (this.isRestoring) return;
    this.forget();
    const turn = this.#turn;
    this.fileName = file.name;
    try {
      if (file.size > MAX_FILE_BYTES) throw new Error(m.settings_restore_too_big({ name: file.name }));
      const document = documentOf(await file.text(), file.name);
      if (turn !== this.#turn) return;
      this.#document = document;
    } catch (reason) {
      if (turn === this.#turn) this.problem = Refusal.from(reason);
      return;
    }
    await this.look();
  }

  async choose(mode: Mode): Promise<void> {
    this.mode = mode;
    await this.look();
  }

  /** Asks what would be done, and does nothing. */
  async look(): Promise<void> {
    const report = await this.#ask({ dry_run: true });
    if (report !== null) this.plan = report;
  }

  /** Takes the value of a secret, until the order is given. */
  give(upstream: string, name: string, value: string): void {
    this.secrets[upstream] = { ...this.secrets[upstream], [name]: value };
  }

  /** Does what was shown. */
  async restore(): Promise<void> {
    this.isRestoring = true;
    const report = await this.#ask({ plan: this.plan?.digest, secrets: this.#given() });
    this.isRestoring = false;
    this.isUncertain = report === null && this.problem?.code === 'unreachable';
    if (report === null) return;
    this.forget();
    this.done = report;
  }

  /** The settings are left: only what cannot be had again is still there later. */
  leave(): void {
    if (!this.isRestoring && !this.hasKeys) this.forget();
  }

  /** Leaves nothing behind, least of all secrets. */
  forget(): void {
    this.fileName = null;
    this.plan = null;
    this.done = null;
    this.problem = null;
    this.isUncertain = false;
    this.secrets = {};
    this.isBusy = false;
    this.#document = null;
    this.#turn += 1;
  }

  async #ask(order: Partial<Api['Restore']>): Promise<Report | null> {
    if (this.#document === null) return null;
    const turn = ++this.#turn;
    this.isBusy = true;
    this.problem = null;
    this.isUncertain = false;
    try {
      const body = { backup: this.#document, mode: this.mode, ...order };
      const report = await ask(api.POST('/api/restore', { body }));
      return turn === this.#turn ? report : null;
    } catch (reason) {
      if (turn !== this.#turn) return null;
      const refusal = Refusal.from(reason);
      this.problem = refusal;
      if (refusal.code === 'plan-changed') void this.#lookAgain();
      return null;
    } finally {
      if (turn === this.#turn) this.isBusy = false;
    }
  }

  /** The new plan under the sentence that says why it is asked for again. */
  async #lookAgain(): Promise<void> {
    const why = this.problem;
    await this.look();
    this.problem ??= why;
  }

  /** The secrets that the plan needs and that were typed. */
  #given(): NonNullable<Api['Restore']['secrets']> {
    const given: NonNullable<Api['Restore']['secrets']> = {};
    for (const { name: upstream, needs } of this.plan?.items ?? []) {
      const values = Object.entries(this.secrets[upstream] ?? {}).filter(
        ([name, value]) => needs?.includes(name) && value !== '',
      );
      if (values.length > 0) given[upstream] = Object.fromEntries(values);
    }
    return given;
  }
}

export function newRestoring(): Restoring {
  return new Restoring();
}

/** The one of this window: it lasts while a person looks at another section of the settings. */
export const restoring = newRestoring();

export type { Restoring };
