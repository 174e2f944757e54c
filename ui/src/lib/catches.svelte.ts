/** Focus that a change elsewhere would take: a button whose work is done goes, and who pressed it goes on from there. */
import { catchFocus } from './focus';

type Place = () => HTMLElement | null | undefined;

/** For a component's start. When `what` changes and takes along what had the focus inside `whole`, `place` gets it. */
export function catchesFocus(what: () => unknown, whole: Place, place: Place = whole): void {
  let hadFocus = false;
  $effect.pre(() => {
    void what();
    hadFocus = whole()?.contains(document.activeElement) ?? false;
  });
  $effect(() => {
    void what();
    if (hadFocus) catchFocus(place());
  });
}
