/**
 * A `KubeSchedulerConfiguration` from a file, decoded strictly and validated.
 *
 * Source: cmd/kube-scheduler/app/options/configfile.go, pkg/scheduler/apis/config/scheme (strict decoding).
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { EXTENSION_POINTS, type SchedulerConfiguration } from './configuration.ts';
import { profilesOf } from './profiles.ts';
import type { Registry } from './registry.ts';

const API_VERSION = 'kubescheduler.config.k8s.io/v1';
const KIND = 'KubeSchedulerConfiguration';

/** A type of the file: its fields, and what they hold when it matters. */
interface Fields {
  readonly [field: string]: Fields | readonly [Fields] | 'any';
}

const PLUGIN: Fields = { name: 'any', weight: 'any' };
const PLUGIN_SET: Fields = { enabled: [PLUGIN], disabled: [PLUGIN] };
const PLUGINS: Fields = Object.fromEntries([...EXTENSION_POINTS, 'multiPoint'].map((point) => [point, PLUGIN_SET]));
const PROFILE: Fields = {
  schedulerName: 'any', percentageOfNodesToScore: 'any', plugins: PLUGINS, pluginConfig: [{ name: 'any', args: 'any' }],
};
const CONFIGURATION: Fields = {
  apiVersion: 'any', kind: 'any', parallelism: 'any', percentageOfNodesToScore: 'any', podInitialBackoffSeconds: 'any',
  podMaxBackoffSeconds: 'any', profiles: [PROFILE], extenders: 'any', delayCacheUntilActive: 'any', enableProfiling: 'any',
  enableContentionProfiling: 'any', healthzBindAddress: 'any', metricsBindAddress: 'any',
  leaderElection: {
    leaderElect: 'any', leaseDuration: 'any', renewDeadline: 'any', retryPeriod: 'any', resourceLock: 'any', resourceName: 'any', resourceNamespace: 'any',
  },
  clientConnection: { kubeconfig: 'any', acceptContentTypes: 'any', contentType: 'any', qps: 'any', burst: 'any' },
};

/** The configuration, or what is wrong with it in upstream's words. `registry` has the plugins that it may name. */
export function loadConfiguration(value: unknown, registry: Registry): Either<string, SchedulerConfiguration> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return left(`not a ${KIND}: the file must hold a mapping`);
  const configuration = value as SchedulerConfiguration & { readonly extenders?: unknown };
  const { apiVersion, kind } = configuration;
  if (kind !== KIND || apiVersion !== API_VERSION) {
    return left(`no kind "${String(kind)}" is registered for version "${String(apiVersion)}": a scheduler's configuration is a ${KIND} of ${API_VERSION}`);
  }
  const unknown = unknownFields(value as Readonly<Record<string, unknown>>, CONFIGURATION, '');
  if (unknown.length > 0) return left(`strict decoding error: ${unknown.join(', ')}`);
  if (configuration.extenders !== undefined) return left('extenders: extenders are HTTP servers, which a simulation does not call; write a plugin instead');
  const profiles = profilesOf(configuration, registry);
  return profiles._tag === 'Left' ? profiles : right(configuration);
}

function unknownFields(value: Readonly<Record<string, unknown>>, fields: Fields, path: string): string[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (known === undefined) return [`unknown field "${at}"`];
    if (known === 'any') return [];
    const isList = Array.isArray(known);
    if (isList !== Array.isArray(member) || typeof member !== 'object' || member === null) return [`field "${at}" must be ${isList ? 'a list' : 'a mapping'}`];
    if (!isList) return unknownFields(member as Readonly<Record<string, unknown>>, known as Fields, at);
    return (member as readonly Readonly<Record<string, unknown>>[]).flatMap((item, i) => unknownFields(item ?? {}, known[0] as Fields, `${at}[${i}]`));
  });
}
