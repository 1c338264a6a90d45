/** What the verbs that search share: the catalogue, the script of their worker threads, and the list of models in their help. */
import type { SearchEnvironment } from '../../../../src/cli/check.ts';
import { CATALOGUE } from '../../../catalogue.ts';

/** In the bundle, the worker's script lies beside the command's. */
export const SEARCH: SearchEnvironment = { catalogue: CATALOGUE, worker: new URL('./worker.js', import.meta.url) };

/** For options that can be given again. */
export const more = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Where findings go. */
export const OUT = '.kubetwin/found';

/** What `--model` is when it is not given. */
export const FIRST_MODEL = 'kubernetes';

const models = CATALOGUE.map(({ name, about, parameters = {} }) => {
  const set = Object.entries(parameters).map(([key, { default: value }]) => `${key}=${value}`).join(' ');
  return `  ${name.padEnd(26)}${about}${set === '' ? '' : ` (${set})`}`;
});

export const MODEL_LIST = `\nModels (a path such as ./my-model.mjs is one too: docs/your-own-model.md):\n${models.join('\n')}`;
