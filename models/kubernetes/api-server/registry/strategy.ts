/**
 * Completes strategies: what a definition leaves out does nothing.
 */
import type { KubeObject } from '../../object/types.ts';
import { nameIsSubdomain } from '../validation/name.ts';
import type { Strategy, UpdateStrategy } from './kind.ts';

const same = (object: KubeObject): KubeObject => object;
const nothing = (): readonly never[] => [];

/** An update strategy from its particular parts. */
export const updateStrategy = (part: Partial<UpdateStrategy>): UpdateStrategy => ({
  prepareForUpdate: part.prepareForUpdate ?? same,
  validateUpdate: part.validateUpdate ?? nothing,
  warningsOnUpdate: part.warningsOnUpdate ?? nothing,
});

/** A strategy from its particular parts; by default an unconditional PUT is allowed and creates nothing. */
export const strategy = (part: Partial<Strategy>): Strategy => ({
  ...updateStrategy(part),
  prepareForCreate: part.prepareForCreate ?? same,
  validate: part.validate ?? nothing,
  warningsOnCreate: part.warningsOnCreate ?? nothing,
  allowCreateOnUpdate: part.allowCreateOnUpdate ?? false,
  allowUnconditionalUpdate: part.allowUnconditionalUpdate ?? true,
  validateName: part.validateName ?? nameIsSubdomain,
  subresources: part.subresources ?? {},
});
