/** Reading anew loses no work: which cards stay when a text, the form or the demo was read. Plain functions. */
import type { Api } from '$lib/api/client';
import { Draft } from './draft.svelte';

/**
 * What is shown after these proposals were read: the same server keeps its card, and what is being added, or was,
 * stays whatever the text says now. The cards of a text go when it no longer has them; what came from elsewhere
 * goes only for one of the same name.
 */
export function carriedOver(
  current: readonly Draft[],
  proposals: readonly Api['Proposal'][],
  isOfText: boolean,
): Draft[] {
  const left = new Map(current.map((draft) => [draft, identity(draft.asRead)]));
  const take = (fits: (draft: Draft, itself: string) => boolean) => {
    const [found] = [...left].find(([draft, itself]) => fits(draft, itself)) ?? [];
    if (found !== undefined) left.delete(found);
    return found;
  };
  const wanted = new Set(proposals.map(({ wanted }) => wanted));
  const mayGo = (draft: Draft) =>
    !draft.isBound && (isOfText ? draft.isOfText : !draft.isOfText && wanted.has(draft.proposal.wanted));
  // The same ones first, lest a changed one before them takes what was typed for them.
  const same = proposals.map((proposal) => {
    const wanted = identity(proposal);
    return take((_, itself) => itself === wanted);
  });
  const shown = proposals.map((proposal, at) => {
    const draft = same[at] ?? new Draft(proposal, isOfText);
    draft.isOfText ||= isOfText;
    if (same[at] !== undefined) return draft;
    const former = take((other) => mayGo(other) && other.proposal.wanted === proposal.wanted);
    former?.stop();
    if (former !== undefined) draft.inherit(former);
    return draft;
  });
  const others = [...left.keys()];
  others.filter(mayGo).forEach((draft) => draft.stop());
  return [...others.filter((draft) => !mayGo(draft)), ...shown];
}

/**
 * What makes a server the same when a text is read again. The name that it was given is none of it: once it was
 * added, that name is taken.
 */
export function identity({ wanted, transport, definition }: Api['Proposal']): string {
  return JSON.stringify([wanted, transport, { ...definition, name: '' }]);
}
