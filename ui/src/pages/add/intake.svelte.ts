/**
 * What is on its way to be an upstream. It belongs to the window and not to a page: text, form and cards are
 * there when the page is opened again, and what runs meanwhile goes on and is heard of.
 */
import { Refusal, api, ask, type Api } from '$lib/api/client';
import { notices } from '$lib/state/notices.svelte';
import { m } from '$paraglide/messages';
import { go } from '../../routes';
import { carriedOver, identity } from './carry-over';
import { emptyForm, formAsText } from './definition';
import type { Draft } from './draft.svelte';
import { changed, type ValueChange } from './values';

/** A person still types; what was pasted is there at once. */
const TYPING_MS = 250;

/** Each may be a download and a start, and more than a few of those at once would only slow each other down. */
const ADDED_AT_ONCE = 3;

/** Where servers are read from. */
type Source = 'text' | 'form' | 'demo';

class Intake {
  text = $state('');
  form = $state(emptyForm());
  drafts = $state.raw<Draft[]>([]);
  /** What could not be read. */
  problems = $state.raw<Record<Source, string[]>>(noProblems());
  #reads = $state(0);
  readonly isReading = $derived(this.#reads > 0);
  readonly isEmpty = $derived(this.text === '' && this.drafts.length === 0 && formAsText(this.form) === null);
  /** Those that are added when it is their turn. */
  waiting = $state.raw<Draft[]>([]);
  #adders = 0;
  /** What is in the text and was left out of the page. */
  #leftOut = new Set<string>();
  #turns: Record<Source, number> = { text: 0, form: 0, demo: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;

  /** Its page was opened. */
  open(): void {
    this.#isOpen = true;
  }

  /** Its page was left: who added all of it has done with it. */
  close(): void {
    this.#isOpen = false;
    if (this.#isDone()) this.#clear();
  }

  /** The text is read when a person stops typing. An answer about what it was before is none any more. */
  typed(): void {
    clearTimeout(this.#timer);
    this.#turns.text++;
    this.#timer = setTimeout(() => void this.readText(), TYPING_MS);
  }

  async readText(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.text.trim() !== '') return this.#read('text', { text: this.text });
    this.#turns.text++;
    this.#leftOut.clear();
    this.drafts = carriedOver(this.drafts, [], true);
    this.#tell('text', []);
  }

  /** A text that was pasted elsewhere; the servers of the one before stay. */
  take(text: string): void {
    if (this.#isDone()) this.#clear();
    for (const draft of this.drafts) draft.isOfText = false;
    this.text = text;
    void this.readText();
  }

  readForm(text: string, secrecy: ValueChange[]): void {
    void this.#read('form', { text }, secrecy);
  }

  readDemo(): void {
    void this.#read('demo', { demo: true });
  }

  /** Registers it, and tells so: here or wherever the person is by then. */
  async add(draft: Draft): Promise<void> {
    if (await draft.add()) this.#added(draft);
    else if (draft.problem !== null && !this.#isOpen) this.#refused(draft, draft.problem);
  }

  /** Keeps what does not work yet. */
  keepOff(draft: Draft): Promise<void> {
    draft.isEnabled = false;
    return this.add(draft);
  }

  /** Adds all that need nothing more, a few at a time. */
  addAll(): void {
    this.waiting = this.drafts.filter(({ needsNothing }) => needsNothing);
    while (this.#adders < ADDED_AT_ONCE && this.waiting.length > 0) void this.#addWaiting();
  }

  /** Begins no more of them. */
  stopAdding(): void {
    this.waiting = [];
  }

  /** Takes it from the page, also when the text is read again. */
  leaveOut(draft: Draft): void {
    draft.stop();
    this.#leftOut.add(identity(draft.asRead));
    this.drafts = this.drafts.filter((other) => other !== draft);
    this.#goOnWhenDone();
  }

  /** Does again what was refused. */
  async retry(draft: Draft): Promise<void> {
    await (draft.tried === 'adding' ? this.add(draft) : draft.check());
  }

  /** Back to an empty page. What is being added is not broken off. */
  startOver(): void {
    const { text, form, drafts, problems } = this;
    for (const draft of drafts) if (!draft.isBound) draft.stop();
    this.#clear();
    this.drafts = drafts.filter(({ stage }) => stage === 'adding');
    notices.done(m.add_started_over(), {
      label: m.undo(),
      run: () => {
        const since = this.drafts.filter((draft) => !drafts.includes(draft));
        this.#clear();
        Object.assign(this, { text, form, drafts: [...drafts, ...since], problems });
        go('/add');
      },
    });
  }

  async #read(
    source: Source,
    body: { text?: string; demo?: boolean },
    changes: ValueChange[] = [],
  ): Promise<void> {
    const turn = ++this.#turns[source];
    const isOfText = source === 'text';
    this.#reads++;
    try {
      const { proposals: read, problems } = await ask(api.POST('/api/upstreams/read', { body }));
      const proposals =
        changes.length > 0 ? await Promise.all(read.map((proposal) => changed(proposal, changes))) : read;
      if (turn !== this.#turns[source]) return;
      // A text in which nothing can be read is most often one that is being changed.
      const isWanted = (proposal: Api['Proposal']) => !isOfText || !this.#leftOut.has(identity(proposal));
      if (proposals.length > 0) this.drafts = carriedOver(this.drafts, proposals.filter(isWanted), isOfText);
      this.#tell(source, problems);
    } catch (reason) {
      if (turn === this.#turns[source]) this.#tell(source, [Refusal.from(reason).message]);
    } finally {
      this.#reads--;
    }
  }

  #tell(source: Source, problems: string[]): void {
    this.problems = { ...this.problems, [source]: problems };
  }

  async #addWaiting(): Promise<void> {
    this.#adders++;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      this.waiting = this.waiting.slice(1);
      // It may have been changed, or left out, meanwhile.
      if (this.drafts.includes(next) && next.needsNothing) await this.add(next);
    }
    this.#adders--;
  }

  #added(draft: Draft): void {
    if (this.#goOnWhenDone()) return;
    // Of many it is told once, at the end.
    if (this.#adders > 0) return;
    notices.done(m.add_done({ name: draft.name }), {
      label: m.add_show({ name: draft.name }),
      run: to(draft),
    });
  }

  /** Tells that all were added and, if the person waits for it here, goes to where they are now. */
  #goOnWhenDone(): boolean {
    if (!this.#isDone()) return false;
    const [first, ...others] = this.drafts;
    const isOne = first !== undefined && others.length === 0;
    const name = first?.name ?? '';
    const text = isOne ? m.add_done({ name }) : m.add_done_all({ count: this.drafts.length });
    const show = isOne ? to(first) : () => go('/upstreams');
    const action = { label: isOne ? m.add_show({ name }) : m.add_look(), run: show };
    notices.done(text, this.#isOpen ? undefined : action);
    if (this.#isOpen) show();
    else this.#clear();
    return true;
  }

  #refused(draft: Draft, { code, message, problem }: Refusal): void {
    const sentence = m.add_refused_because({ name: draft.name, reason: message });
    notices.problem(new Refusal(code, sentence, problem), { label: m.add_look(), run: () => go('/add') });
  }

  #isDone(): boolean {
    return this.drafts.length > 0 && this.drafts.every(({ stage }) => stage === 'added');
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.waiting = [];
    this.#leftOut.clear();
    for (const source of ['text', 'form', 'demo'] as const) this.#turns[source]++;
    Object.assign(this, { text: '', form: emptyForm(), drafts: [], problems: noProblems() });
  }
}

function to({ name }: Draft): () => void {
  return () => go(`/upstreams/${encodeURIComponent(name)}`);
}

function noProblems(): Record<Source, string[]> {
  return { text: [], form: [], demo: [] };
}

export const intake = new Intake();
