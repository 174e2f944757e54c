import { expect, it } from 'vitest';
import { carriedOver } from './carry-over';
import { Draft, type Stage } from './draft.svelte';
import { proposal } from './fixtures';

function draft(wanted: string, stage: Stage = 'read', isOfText = true): Draft {
  const made = new Draft(proposal(wanted, 'npx', ['KEY']), isOfText);
  made.stage = stage;
  return made;
}

const names = (drafts: Draft[]) => drafts.map(({ proposal }) => proposal.name);

it('the same server keeps its card, and others of the text go', () => {
  const [kept, gone] = [draft('a', 'checked'), draft('b')];
  const shown = carriedOver([gone, kept], [proposal('c'), kept.proposal], true);
  expect(shown[1]).toBe(kept);
  expect(names(shown)).toEqual(['c', 'a']);
});

it('what was added is known by what the text calls it, though its name is taken now', () => {
  const added = draft('a', 'added');
  const again = { ...added.proposal, name: 'a-2', definition: { ...added.proposal.definition, name: 'a-2' } };
  expect(carriedOver([added], [again], true)).toEqual([added]);
});

it('what is being added, or was, stays whatever is read', () => {
  const current = [draft('a', 'adding'), draft('b', 'added'), draft('c', 'checking')];
  expect(names(carriedOver(current, [proposal('d')], true))).toEqual(['a', 'b', 'd']);
});

it('a changed definition takes over what was typed, not what was found', () => {
  const former = draft('a', 'checked');
  former.secrets = { KEY: 'k', OLD: 'o' };
  former.name = 'mine';
  const [made] = carriedOver([former], [proposal('a', 'uvx', ['KEY'])], true);
  expect(made).not.toBe(former);
  expect(made).toMatchObject({ name: 'mine', stage: 'read', report: null, secrets: { KEY: 'k' } });
});

it('the form and the demo add to what is there, in place of one of the same name', () => {
  const current = [draft('of text'), draft('of form', 'read', false), draft('other', 'read', false)];
  const shown = carriedOver(current, [proposal('of form', 'uvx')], false);
  expect(names(shown)).toEqual(['of text', 'other', 'of form']);
  expect(names(carriedOver(shown, [], true))).toEqual(['other', 'of form']);
});

it('two that are alike keep a card each', () => {
  const current = [draft('a'), draft('a')];
  const twice = current.map(({ proposal }) => proposal);
  expect(carriedOver(current, twice, true)).toEqual(current);
});
