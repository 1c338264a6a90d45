/**
 * The catalogue: what `kubetwin check` and `kubetwin explore` can search, by name.
 *
 * An entry makes up to three views of one model: a campaign (runs in the kernel, with faults), a transition system (exhaustive
 * search), and a system of actors (exhaustive search with partial-order reduction). Parameters are small numbers with bounds.
 */
import type { ActorModel } from '../explore/actors.ts';
import type { Model } from '../explore/model.ts';
import type { Phrasebook } from '../explain/why.ts';
import type { LogReader } from '../log/reader.ts';
import type { CampaignModel } from './model.ts';

/** A number that a person may set. */
export interface Parameter {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly about: string;
}

export type Parameters = Readonly<Record<string, number>>;

/** A model that can be searched. At least one of the views is there. */
export interface Searchable {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  campaign?(parameters: Parameters): CampaignModel;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each model has states and actions of its own.
  states?(parameters: Parameters): Model<any, any>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each model has states and messages of its own.
  actors?(parameters: Parameters): ActorModel<any, any, any>;
  /** Words for the steps of its runs, told from a position of a log. */
  phrasebook?(log: LogReader, position: number): Phrasebook;
}

/** Reads `name=value` settings. Throws an Error with a sentence about the first that does not fit. */
export function readParameters({ name, parameters = {} }: Searchable, settings: readonly string[]): Parameters {
  const values: Record<string, number> = Object.fromEntries(Object.entries(parameters).map(([key, { default: value }]) => [key, value]));
  for (const setting of settings) {
    const [key = '', text = ''] = setting.split('=');
    const parameter = parameters[key];
    const known = Object.keys(parameters).join(', ');
    if (parameter === undefined) throw new Error(`the model ${name} has no parameter "${key}"${known === '' ? '; it has none' : `; it has ${known}`}`);
    const value = text.trim() === '' ? NaN : Number(text);
    if (!Number.isInteger(value) || value < parameter.min || value > parameter.max) {
      throw new Error(`${key} of the model ${name} is a whole number from ${parameter.min} to ${parameter.max}, not "${text}"`);
    }
    values[key] = value;
  }
  return values;
}
