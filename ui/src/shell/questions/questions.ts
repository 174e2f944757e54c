/** Which question is shown, and what an answer looks like: plain functions. */
import type { Api } from '$lib/api/client';

type Question = Api['QuestionView'];

/** The one that was asked for, else the one that came up by itself, while it is there. */
export function questionToShow(
  questions: readonly Question[],
  wanted: string,
  shown: string,
): Question | null {
  const known = (name: string) => questions.find(({ id }) => id === name);
  return known(wanted) ?? known(shown) ?? null;
}

/** The oldest that waits and that nobody put off. */
export function nextQuestion(questions: readonly Question[], later: readonly string[]): Question | null {
  return questions.find(({ id, state }) => state === 'open' && !later.includes(id)) ?? null;
}

/** The body of an answer. `content` is JSON text and stays as it was written. */
export function answerText(action: Api['QuestionAction'], content: string | null): string {
  return content === null ? `{"action":"${action}"}` : `{"action":"${action}","content":${content}}`;
}

/** What the gateway says is wrong with single fields, by their names. */
export function faultsOf(problem: unknown): Map<string, string> {
  const fields = (problem as { fields?: Api['FieldFault'][] } | null)?.fields ?? [];
  return new Map(fields.map(({ field, reason }) => [field, reason]));
}
