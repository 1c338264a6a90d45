/**
 * Questions to a running `kubetwin serve`, by its control API.
 */
import { CliError, systemReason } from '../../../../src/cli/exit.ts';
import type { Inspection } from '../../network/inspect.ts';

/** Posts a question; the answer's `error` is what is wrong with it. */
export async function askServer<T>(server: string, path: string, question: unknown): Promise<Inspection<T>> {
  let answer: { readonly error?: string; readonly value?: T };
  try {
    const response = await fetch(new URL(path, server), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(question) });
    answer = (await response.json()) as typeof answer;
  } catch (error) {
    throw new CliError(`cannot ask ${server}: ${systemReason(error instanceof Error && error.cause !== undefined ? error.cause : error)}; is a \`kubetwin serve\` running there?`);
  }
  return answer.error === undefined ? { ok: true, value: answer.value as T } : { ok: false, problem: answer.error };
}
