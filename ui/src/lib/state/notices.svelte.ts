/** Short words about what was just done, at the foot of the window: with a way back where there is one. */
import { Refusal } from '$lib/api/client';

export interface Notice {
  id: number;
  kind: 'done' | 'problem';
  text: string;
  /** What is known besides, of a problem. */
  detail?: string | null;
  /** Of what kind a problem is, for those who know a way out. */
  code?: string;
  action?: { label: string; run: () => void };
}

/** Long enough to read a sentence and reach the button. Problems stay until they are closed. */
const LIFE_MS = 8000;
/** More would cover the page. */
const MAX_NOTICES = 4;

class Notices {
  list = $state.raw<Notice[]>([]);
  #last = 0;
  /** Whether the pointer or the focus is on them; who shows them knows. */
  isHeld: () => boolean = () => false;

  done(text: string, action?: Notice['action']): void {
    const id = this.#add({ kind: 'done', text, action });
    this.#closeLater(id);
  }

  problem(reason: unknown, action?: Notice['action']): void {
    const text = reason instanceof Error ? reason.message : String(reason);
    const { detail, code } = reason instanceof Refusal ? reason : { detail: null, code: undefined };
    this.#add({ kind: 'problem', text, detail, code, action });
  }

  /** What is being read, or has the focus, stays a while longer. */
  #closeLater(id: number): void {
    setTimeout(() => (this.isHeld() ? this.#closeLater(id) : this.close(id)), LIFE_MS);
  }

  close(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(notice: Omit<Notice, 'id'>): number {
    const id = ++this.#last;
    this.list = [...this.list, { ...notice, id }].slice(-MAX_NOTICES);
    return id;
  }
}

export const notices = new Notices();

/** Does something and tells what went wrong; true when it worked. */
export async function attempt(act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (reason) {
    notices.problem(reason);
    return false;
  }
}
