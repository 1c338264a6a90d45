/**
 * VolumeZone: a bound volume with zone or region labels wants a node of that zone.
 *
 * Source: pkg/scheduler/framework/plugins/volumezone/volume_zone.go.
 */
import type { KubeObject, PersistentVolume, StorageClass } from '../../object/types.ts';
import { ADD, UPDATE, UPDATE_NODE_LABEL } from '../framework/event.ts';
import type { Cycle, Plugin } from '../framework/plugin.ts';
import { type Status, unresolvable } from '../framework/status.ts';
import { claimClassOf, usesClaim } from '../../object/claim.ts';

const NAME = 'VolumeZone';
const REFUSED = unresolvable(NAME, 'node(s) had no available volume zone');

/** Each deprecated key with the one that replaces it on nodes. */
const STABLE_KEY: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
};
const TOPOLOGY_KEYS: readonly string[] = [
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
];
/** Several zones in one label value are joined by this (volume helpers' LabelMultiZoneDelimiter). */
const DELIMITER = '__';

interface Demand {
  readonly key: string;
  readonly values: ReadonlySet<string>;
}

const demandsOf = (volume: PersistentVolume): Demand[] =>
  TOPOLOGY_KEYS.flatMap((key) => {
    const value = volume.metadata.labels?.[key];
    return value === undefined ? [] : [{ key, values: new Set(value.split(DELIMITER)) }];
  });

const notFound = (kind: string, name: string): Status => unresolvable(NAME, `${kind} "${name}" not found`);

/** An unbound claim must be waiting for its pod; otherwise there is nothing to decide by. */
const checkUnbound = (className: string, storageClass: StorageClass | undefined): Status | undefined => {
  if (className === '') return unresolvable(NAME, 'PersistentVolumeClaim had no pv name and storageClass name');
  if (storageClass === undefined) return notFound('storageclass.storage.k8s.io', className);
  if (storageClass.volumeBindingMode === undefined) {
    return unresolvable(NAME, `VolumeBindingMode not set for StorageClass "${className}"`);
  }
  if (storageClass.volumeBindingMode === 'WaitForFirstConsumer') return undefined;
  return unresolvable(NAME, 'PersistentVolume had no name');
};

const collectDemands = (cycle: Cycle): Status | Demand[] => {
  const { pod, listers } = cycle;
  const demands: Demand[] = [];
  for (const key of pod.claims) {
    const name = key.slice(key.indexOf('/') + 1);
    if (name === '') return unresolvable(NAME, 'PersistentVolumeClaim had no name');
    const claim = listers.persistentVolumeClaim(pod.namespace, name);
    if (claim === undefined) return notFound('persistentvolumeclaim', name);
    const volumeName = claim.spec.volumeName ?? '';
    if (volumeName === '') {
      const className = claimClassOf(claim);
      const status = checkUnbound(className, listers.storageClass(className));
      if (status !== undefined) return status;
      continue;
    }
    const volume = listers.persistentVolume(volumeName);
    if (volume === undefined) return notFound('persistentvolume', volumeName);
    demands.push(...demandsOf(volume));
  }
  return demands;
};

const meets = (labels: Readonly<Record<string, string>>, { key, values }: Demand): boolean => {
  const value = labels[key] ?? labels[STABLE_KEY[key] ?? ''];
  return value !== undefined && values.has(value);
};

const zoneLabels = (object: KubeObject | undefined): string =>
  TOPOLOGY_KEYS.map((key) => `${key}=${object?.metadata.labels?.[key] ?? ''}`).join();

export const volumeZone = (): Plugin<readonly Demand[]> => ({
  name: NAME,
  preFilter: (cycle) => {
    if (cycle.pod.claims.length === 0) return { kind: 'skip' };
    const demands = collectDemands(cycle);
    if ('code' in demands) return { kind: 'reject', status: demands };
    return demands.length === 0 ? { kind: 'skip' } : { kind: 'ok', own: demands };
  },
  filter: (_cycle, row, own) => {
    if (!TOPOLOGY_KEYS.some((key) => row.labels[key] !== undefined)) return undefined;
    return own.every((demand) => meets(row.labels, demand)) ? undefined : REFUSED;
  },
  events: () => [
    {
      resource: 'StorageClass',
      action: ADD,
      hint: (_pod, _old, current) =>
        (current as StorageClass | undefined)?.volumeBindingMode === 'WaitForFirstConsumer' ? 'queue' : 'skip',
    },
    { resource: 'Node', action: ADD | UPDATE_NODE_LABEL },
    {
      resource: 'PersistentVolumeClaim',
      action: ADD | UPDATE,
      hint: (pod, _old, current) => (usesClaim(pod, current) ? 'queue' : 'skip'),
    },
    {
      resource: 'PersistentVolume',
      action: ADD | UPDATE,
      hint: (_pod, old, current) => (old === undefined || zoneLabels(old) !== zoneLabels(current) ? 'queue' : 'skip'),
    },
  ],
});
