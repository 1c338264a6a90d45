/**
 * Finding a model by what a person wrote after `--model`: a name of the catalogue, or the path of a module that exports one.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readParameters, type Parameters, type Searchable } from '../campaign/catalogue.ts';
import { CHECK_PREFIX, buildPlanRun } from '../campaign/replay.ts';
import type { CampaignModel } from '../campaign/model.ts';
import type { Json } from '../log/record.ts';
import type { ModelOf } from './replay.ts';
import { CliError } from './exit.ts';

/** Does the text name a module rather than a model of the catalogue? */
export function isModule(name: string): boolean {
  return /[/\\]|\.[mc]?[jt]s$/.test(name);
}

/** The model of a name or of a module, which exports it as `searchable`. */
export async function findModel(catalogue: readonly Searchable[], name: string): Promise<Searchable> {
  if (isModule(name)) return importModel(name);
  const found = catalogue.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  throw new CliError(`there is no model "${name}"; there are ${catalogue.map((entry) => entry.name).join(', ')}, or give the path of a module that exports \`searchable\``);
}

async function importModel(path: string): Promise<Searchable> {
  const full = resolve(path);
  if (!existsSync(full)) throw new CliError(`cannot load the model ${path}: no such file`);
  let found: { readonly searchable?: Searchable };
  try {
    found = (await import(pathToFileURL(full).href)) as { searchable?: Searchable };
  } catch (error) {
    throw new CliError(`cannot load the model ${path}: ${(error as Error).message}`);
  }
  if (typeof found.searchable?.name === 'string') return found.searchable;
  throw new CliError(`the module ${path} exports no \`searchable\` with a name: see docs/your-own-model.md`);
}

/** The campaign of a model, or why it has none. */
export function campaignOf(entry: Searchable, parameters: Parameters): CampaignModel {
  const model = entry.campaign?.(parameters);
  if (model === undefined) throw new CliError(`the model ${entry.name} has no campaign: it can be explored (kubetwin explore --model ${entry.name})`);
  return model;
}

/** Reads `--set name=value`, with the exit code of a mistake. */
export function settings(entry: Searchable, given: readonly string[] = []): Parameters {
  try {
    return readParameters(entry, given);
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}

/** Adds the runs of campaigns to the models that `kubetwin replay` knows. */
export function withCampaigns(modelOf: ModelOf, catalogue: readonly Searchable[]): ModelOf {
  return async (name, config) => {
    if (!name.startsWith(CHECK_PREFIX)) return modelOf(name, config);
    const entry = await findModel(catalogue, name.slice(CHECK_PREFIX.length));
    const model = campaignOf(entry, config as unknown as Parameters);
    return { fingerprint: model.fingerprint ?? '1', build: buildPlanRun(model) };
  };
}

/** For the script of a worker thread. */
export function campaignByName(catalogue: readonly Searchable[]): (name: string, parameters: Json) => Promise<CampaignModel> {
  return async (name, parameters) => campaignOf(await findModel(catalogue, name), parameters as unknown as Parameters);
}
