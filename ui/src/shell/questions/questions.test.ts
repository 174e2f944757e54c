import { expect, it } from 'vitest';
import type { Api } from '$lib/api/client';
import { answerText, faultsOf, nextQuestion, questionToShow } from './questions';

function question(id: string, state: Api['QuestionState'] = 'open'): Api['QuestionView'] {
  return { id, state } as Api['QuestionView'];
}

const all = [question('1', 'done'), question('2'), question('3')];

it('shows what came up, unless another one is asked for', () => {
  const check = (wanted: string, shown: string) => questionToShow(all, wanted, shown)?.id;
  expect(check('', '')).toBeUndefined();
  expect(check('', '2')).toBe('2');
  expect(check('3', '2')).toBe('3');
  expect(check('1', '')).toBe('1');
  expect(check('gone', '2')).toBe('2');
  expect(check('', 'gone')).toBeUndefined();
});

it('comes to the oldest that waits and was not put off', () => {
  const check = (later: string[]) => nextQuestion(all, later)?.id;
  expect(check([])).toBe('2');
  expect(check(['2'])).toBe('3');
  expect(check(['2', '3'])).toBeUndefined();
});

it('writes answers without touching the content', () => {
  expect(answerText('decline', null)).toBe('{"action":"decline"}');
  expect(answerText('accept', '{"n":9007199254740993}')).toBe(
    '{"action":"accept","content":{"n":9007199254740993}}',
  );
});

it('reads what is wrong with fields', () => {
  expect(faultsOf({ fields: [{ field: 'a', reason: 'a number' }] })).toEqual(new Map([['a', 'a number']]));
  expect(faultsOf(null).size).toBe(0);
});
