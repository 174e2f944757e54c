/**
 * Keeps the page while it shows what cannot be had again, such as a key that is told once. Neither links and steps in
 * the history nor the tray lead away then; the page says why.
 */
import { blockNavigation } from 'sv-router';
import { notices } from './notices.svelte';

type Why = () => string | null;

let reasons: Why[] = [];
let drafts: (() => boolean)[] = [];

/** For a component's start. `why` says in a sentence what a person should do first; null when nothing keeps them. */
export function stays(why: Why): void {
  $effect(() => {
    reasons = [...reasons, why];
    return () => {
      reasons = reasons.filter((other) => other !== why);
    };
  });
}

/** For a module that keeps what was typed: other pages may be opened, but the window asks before it is loaded anew. */
export function unsaved(has: () => boolean): void {
  drafts = [...drafts, has];
}

/**
 * To be called once; what it gives ends it. It lasts as long as the window, since the router counts the steps of the
 * history only while somebody may keep the page, and would else go back to a wrong one.
 */
export function keepPages(): () => void {
  return blockNavigation({
    beforeUnload: () => reason() === null && !drafts.some((has) => has()),
    onNavigate() {
      const why = reason();
      if (why !== null && notices.list.every(({ text }) => text !== why)) notices.done(why);
      return why === null;
    },
  });
}

function reason(): string | null {
  for (const why of reasons) {
    const said = why();
    if (said !== null) return said;
  }
  return null;
}
