/**
 * What is on its way to be an upstream. It belongs to the window and not to a page: text, form and cards are
 * there when the page is opened again, and what runs meanwhile goes on and is heard of.
 */
import { Refusal, api, ask } from '$lib/api/client';
import { notices } from '$lib/state/notices.svelte';
import { m } from '$paraglide/messages';
import { go } from '../../routes';
import { carriedOver } from './carry-over';
import { emptyForm, formAsText } from './definition';
import type { Draft } from './draft.svelte';

/** A person still types; what was pasted is there at once. */
const TYPING_MS = 250;

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

  readForm(text: string): void {
    void this.#read('form', { text });
  }

  readDemo(): void {
    void this.#read('demo', { demo: true });
  }

  /** Registers it, and tells so: here or wherever the person is by then. */
  async add(draft: Draft): Promise<void> {
    if (await draft.add()) this.#added(draft);
    else if (draft.problem !== null && !this.#isOpen) this.#refused(draft, draft.problem);
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

  async #read(source: Source, body: { text?: string; demo?: boolean }): Promise<void> {
    const turn = ++this.#turns[source];
    const isOfText = source === 'text';
    this.#reads++;
    try {
      const { proposals, problems } = await ask(api.POST('/api/upstreams/read', { body }));
      if (turn !== this.#turns[source]) return;
      // A text in which nothing can be read is most often one that is being changed.
      if (proposals.length > 0) this.drafts = carriedOver(this.drafts, proposals, isOfText);
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

  #added(draft: Draft): void {
    const show = () => go(`/upstreams/${encodeURIComponent(draft.name)}`);
    const goesOn = this.#isOpen && this.#isDone();
    notices.done(
      m.add_done({ name: draft.name }),
      goesOn ? undefined : { label: m.add_show({ name: draft.name }), run: show },
    );
    if (goesOn) show();
    else if (this.#isDone()) this.#clear();
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
    for (const source of ['text', 'form', 'demo'] as const) this.#turns[source]++;
    Object.assign(this, { text: '', form: emptyForm(), drafts: [], problems: noProblems() });
  }
}

function noProblems(): Record<Source, string[]> {
  return { text: [], form: [], demo: [] };
}

export const intake = new Intake();
