/**
 * From a configuration to profiles that run: merging users' plugin sets over the defaults, and validation.
 *
 * Source: pkg/scheduler/apis/config/v1/default_plugins.go (mergePlugins), framework/runtime/framework.go
 * (expandMultiPointPlugins), apis/config/validation/validation.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import type { Plugin } from '../framework/plugin.ts';
import type { Profile, ScorePlugin } from '../framework/profile.ts';
import {
  DEFAULT_MULTI_POINT, DEFAULT_SCHEDULER_NAME, EXTENSION_POINTS, type ExtensionPoint, type PluginReference,
  type PluginSet, type ProfileConfiguration, type SchedulerConfiguration,
} from './configuration.ts';
import { type Registry, standsAt } from './registry.ts';
import { validateArgs } from './validation.ts';

const WILDCARD = '*';
const hasName = (set: readonly PluginReference[] | undefined, name: string): boolean =>
  (set ?? []).some((reference) => reference.name === name);

/** Defaults that the user did not disable, with the user's own entries in place or appended. */
const merge = (defaults: readonly PluginReference[], custom: PluginSet | undefined): PluginReference[] => {
  const enabled = custom?.enabled ?? [];
  const replaced = new Set<string>();
  const merged: PluginReference[] = [];
  if (!hasName(custom?.disabled, WILDCARD)) {
    for (const reference of defaults) {
      if (hasName(custom?.disabled, reference.name)) continue;
      const own = enabled.find(({ name }) => name === reference.name);
      if (own !== undefined) replaced.add(own.name);
      merged.push(own ?? reference);
    }
  }
  return [...merged, ...enabled.filter(({ name }) => !replaced.has(name))];
};

/**
 * The plugins of one point: those the point itself enables and that multiPoint brings too come first, then the rest of
 * multiPoint, then the others of the point.
 */
const expand = (
  point: ExtensionPoint,
  set: PluginSet | undefined,
  multiPoint: readonly PluginReference[],
  plugins: ReadonlyMap<string, Plugin>,
): PluginReference[] => {
  const specific = set?.enabled ?? [];
  const isOff = (name: string): boolean => hasName(set?.disabled, WILDCARD) || hasName(set?.disabled, name);
  const stands = ({ name }: PluginReference): boolean => {
    const plugin = plugins.get(name);
    return plugin !== undefined && standsAt(plugin, point);
  };
  const overriding = specific.filter((reference) => hasName(multiPoint, reference.name) && stands(reference));
  const fromMultiPoint = multiPoint.filter(
    (reference) => !hasName(specific, reference.name) && !isOff(reference.name) && stands(reference),
  );
  const others = specific.filter((reference) => !hasName(multiPoint, reference.name) && stands(reference));
  return [...overriding, ...fromMultiPoint, ...others];
};

const weightOf = (reference: PluginReference, multiPoint: readonly PluginReference[]): number =>
  reference.weight || multiPoint.find(({ name }) => name === reference.name)?.weight || 1;

/** Removed names that a configuration may not use any more. */
const REMOVED_PLUGINS: readonly string[] = ['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits'];

const referencedNames = (profile: ProfileConfiguration): string[] => {
  const names: string[] = [];
  for (const point of [...EXTENSION_POINTS, 'multiPoint'] as const) {
    for (const { name } of profile.plugins?.[point]?.enabled ?? []) names.push(name);
  }
  return names;
};

const makePlugins = (
  profile: ProfileConfiguration,
  multiPoint: readonly PluginReference[],
  registry: Registry,
): Either<string, Map<string, Plugin>> => {
  const plugins = new Map<string, Plugin>();
  for (const name of [...multiPoint.map((reference) => reference.name), ...referencedNames(profile)]) {
    if (REMOVED_PLUGINS.includes(name)) return left(`plugin "${name}" was removed`);
    const factory = registry.get(name);
    if (factory === undefined) return left(`plugin "${name}" does not exist`);
    const args = profile.pluginConfig?.find((entry) => entry.name === name)?.args;
    const errors = validateArgs(name, args);
    if (errors.length > 0) return left(errors.join(', '));
    if (!plugins.has(name)) plugins.set(name, factory(args));
  }
  return right(plugins);
};

const profileOf = (
  configuration: ProfileConfiguration,
  globalPercentage: number,
  registry: Registry,
): Either<string, Profile> => {
  const multiPoint = merge(DEFAULT_MULTI_POINT, configuration.plugins?.multiPoint);
  const made = makePlugins(configuration, multiPoint, registry);
  if (made._tag === 'Left') return made;
  const plugins = made.right;
  const references = (point: ExtensionPoint): PluginReference[] =>
    expand(point, configuration.plugins?.[point], multiPoint, plugins);
  const at = (point: ExtensionPoint): Plugin[] => references(point).map(({ name }) => plugins.get(name) as Plugin);
  const score = references('score').map(
    (reference): ScorePlugin => ({
      plugin: plugins.get(reference.name) as Plugin,
      weight: weightOf(reference, multiPoint),
    }),
  );
  const schedulerName = configuration.schedulerName ?? DEFAULT_SCHEDULER_NAME;
  if (at('queueSort').length !== 1) return left(`profile "${schedulerName}": exactly one queue sort plugin required`);
  const bind = at('bind');
  if (bind.length === 0) return left(`profile "${schedulerName}": at least one bind plugin is needed`);
  return right({
    schedulerName,
    percentageOfNodesToScore: configuration.percentageOfNodesToScore ?? globalPercentage,
    preEnqueue: at('preEnqueue'),
    preFilter: at('preFilter'),
    filter: at('filter'),
    postFilter: at('postFilter'),
    preScore: at('preScore'),
    score,
    reserve: at('reserve'),
    permit: at('permit'),
    preBind: at('preBind'),
    bind,
    postBind: at('postBind'),
  });
};

/** The profiles of a configuration by scheduler name, or what is wrong with it. */
export const profilesOf = (
  configuration: SchedulerConfiguration,
  registry: Registry,
): Either<string, ReadonlyMap<string, Profile>> => {
  const percentage = configuration.percentageOfNodesToScore ?? 0;
  if (percentage < 0 || percentage > 100) return left('percentageOfNodesToScore: not in valid range [0-100]');
  const configured = configuration.profiles ?? [];
  const profiles = new Map<string, Profile>();
  for (const entry of configured.length === 0 ? [{}] : configured) {
    const profile = profileOf(entry, percentage, registry);
    if (profile._tag === 'Left') return profile;
    const { schedulerName } = profile.right;
    if (configured.length > 1 && (entry as ProfileConfiguration).schedulerName === undefined) {
      return left('profiles: schedulerName: Required value');
    }
    if (profiles.has(schedulerName)) return left(`profiles: schedulerName: Duplicate value: "${schedulerName}"`);
    profiles.set(schedulerName, profile.right);
  }
  return right(profiles);
};
