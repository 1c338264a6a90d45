/**
 * Strategies of the core kinds other than Pod.
 * Upstream: pkg/registry/core/**\/strategy.go.
 */
import type { KubeObject } from '../../object/types.ts';
import type { Json } from '../defaults/fill.ts';
import { put } from '../defaults/fill.ts';
import { updateStrategy } from '../registry/strategy.ts';
import type { Context, PrepareUpdate, Strategy } from '../registry/kind.ts';
import { sameJson } from '../validation/check.ts';
import { validateClaim, validateClaimStatus, validateClaimUpdate } from '../validation/claim.ts';
import * as cluster from '../validation/cluster.ts';
import * as config from '../validation/config.ts';
import * as endpoints from '../validation/endpoints.ts';
import { validateServiceStatus } from '../validation/load-balancer-status.ts';
import { nameIsLabel, nameIsLabel1035, nameIsPathSegment } from '../validation/name.ts';
import * as volume from '../validation/persistent-volume.ts';
import * as quota from '../validation/quota.ts';
import * as service from '../validation/service.ts';
import { uuid } from './before-create.ts';
import { fresh, keep, keepSpec, keepStatus, withGeneration } from './standard.ts';

export const CONFIG_MAP: Partial<Strategy> = { validate: config.validateConfigMap, validateUpdate: config.validateConfigMapUpdate };

/** Secret: a missing type on update means the stored one. */
export const SECRET: Partial<Strategy> = {
  validate: config.validateSecret,
  prepareForUpdate: (next, old) => ((next['type'] ?? '') === '' ? put(next, 'type', old['type']) : next),
  validateUpdate: config.validateSecretUpdate,
};

function namespaceCreate(object: KubeObject): KubeObject {
  const finalizers = (object['spec']?.finalizers as string[] | undefined) ?? [];
  const spec = finalizers.includes('kubernetes') ? object['spec'] : { ...object['spec'], finalizers: [...finalizers, 'kubernetes'] };
  return { ...object, spec, status: { phase: 'Active' } };
}

export const NAMESPACE: Partial<Strategy> = {
  prepareForCreate: namespaceCreate,
  validate: cluster.validateNamespace,
  validateName: nameIsLabel,
  prepareForUpdate: (next, old) => keep(keep(next, old, 'status'), old, 'spec'),
  subresources: {
    status: updateStrategy({ prepareForUpdate: keepSpec }),
    finalize: updateStrategy({ prepareForUpdate: keepStatus, validateUpdate: (next) => cluster.validateNamespaceFinalize(next) }),
  },
};

/** Node: the kubelet registers with a status, so a create keeps it. */
export const NODE: Partial<Strategy> = {
  validate: cluster.validateNode,
  prepareForUpdate: keepStatus,
  validateUpdate: cluster.validateNodeUpdate,
  subresources: {
    status: updateStrategy({
      prepareForUpdate: (next, old) => (sameJson(next['spec'], old['spec']) ? next : keep(next, old, 'spec')),
      validateUpdate: cluster.validateNodeUpdate,
    }),
  },
};

const transitioned: PrepareUpdate = (next, old, context) => {
  const kept = keep(next, old, 'spec');
  const status = (kept['status'] as Json | undefined) ?? {};
  if (status['phase'] === old['status']?.phase) return kept;
  const isSet = status['lastPhaseTransitionTime'] !== undefined && status['lastPhaseTransitionTime'] !== old['status']?.lastPhaseTransitionTime;
  return isSet ? kept : put(kept, 'status', { ...status, lastPhaseTransitionTime: context.now });
};

export const PERSISTENT_VOLUME: Partial<Strategy> = {
  prepareForCreate: (object: KubeObject, context: Context) => ({ ...object, status: { phase: 'Pending', lastPhaseTransitionTime: context.now } }),
  validate: volume.validatePersistentVolume,
  prepareForUpdate: keepStatus,
  validateUpdate: volume.validatePersistentVolumeUpdate,
  subresources: { status: updateStrategy({ prepareForUpdate: transitioned }) },
};

/** A claim or a snapshot: all that dataSource may name (dataSourceIsPvcOrSnapshot). */
const isOldSource = ({ apiGroup, kind }: Json): boolean => ((apiGroup ?? '') === '' ? kind === 'PersistentVolumeClaim' : apiGroup === 'snapshot.storage.k8s.io' && kind === 'VolumeSnapshot');

/**
 * dataSource names only what it could name before there was dataSourceRef; then the two mirror each other. What a claim has
 * already, it keeps (persistentvolumeclaim.EnforceDataSourceBackwardsCompatibility, NormalizeDataSources).
 */
function mirrorDataSource(object: KubeObject, old?: KubeObject): KubeObject {
  const given = object['spec'] as Json | undefined;
  if (given === undefined) return object;
  const { dataSource, dataSourceRef: ref, ...rest } = given;
  const hasSource = old?.['spec']?.dataSource !== undefined || old?.['spec']?.dataSourceRef !== undefined;
  const source = dataSource !== undefined && !hasSource && !isOldSource(dataSource) ? undefined : dataSource;
  if (source !== undefined && ref === undefined) return put(object, 'spec', { ...given, dataSourceRef: source });
  if (source === undefined && ref !== undefined && !ref['namespace']) {
    const { namespace: _none, ...local } = ref as Json;
    return put(object, 'spec', { ...given, dataSource: local });
  }
  if (source === dataSource) return object;
  return put(object, 'spec', ref === undefined ? rest : { ...rest, dataSourceRef: ref });
}

export const PERSISTENT_VOLUME_CLAIM: Partial<Strategy> = {
  prepareForCreate: (object) => ({ ...mirrorDataSource(object), status: { phase: 'Pending' } }),
  validate: validateClaim,
  prepareForUpdate: (next, old) => mirrorDataSource(keep(next, old, 'status'), old),
  validateUpdate: validateClaimUpdate,
  subresources: { status: updateStrategy({ prepareForUpdate: keepSpec, validateUpdate: validateClaimStatus }) },
};

/** Service: the load balancer's status ends when the type does. */
const serviceUpdate: PrepareUpdate = (next, old) => {
  const kept = keep(next, old, 'status');
  const hasLeft = old['spec']?.type === 'LoadBalancer' && kept['spec']?.type !== 'LoadBalancer';
  return hasLeft ? put(kept, 'status', { loadBalancer: {} }) : kept;
};

export const SERVICE: Partial<Strategy> = {
  prepareForCreate: fresh('core.v1.Service', false),
  validate: service.validateService,
  validateName: nameIsLabel1035,
  prepareForUpdate: serviceUpdate,
  validateUpdate: service.validateServiceUpdate,
  allowCreateOnUpdate: true,
  subresources: { status: updateStrategy({ prepareForUpdate: keepSpec, validateUpdate: validateServiceStatus }) },
};

export const ENDPOINTS: Partial<Strategy> = {
  validate: endpoints.validateEndpoints,
  validateUpdate: (next, old) => (next['subsets'] === old['subsets'] ? [] : endpoints.validateEndpoints(next)),
  allowCreateOnUpdate: true,
};

/** EndpointSlice: everything but metadata counts, and so do labels. */
export const ENDPOINT_SLICE: Partial<Strategy> = {
  prepareForCreate: (object) => withGeneration(object, 1),
  validate: endpoints.validateEndpointSlice,
  prepareForUpdate: (next, old) => {
    const isSame = ['endpoints', 'ports', 'addressType'].every((field) => sameJson(next[field], old[field])) && sameJson(next.metadata.labels, old.metadata.labels);
    return { ...next, metadata: { ...next.metadata, generation: (old.metadata.generation ?? 0) + (isSame ? 0 : 1) } };
  },
  validateUpdate: endpoints.validateEndpointSliceUpdate,
};

export const RESOURCE_QUOTA: Partial<Strategy> = {
  prepareForCreate: fresh('core.v1.ResourceQuota', false),
  validate: quota.validateQuota,
  prepareForUpdate: keepStatus,
  validateUpdate: quota.validateQuotaUpdate,
  subresources: { status: updateStrategy({ prepareForUpdate: keepSpec, validateUpdate: (next) => quota.validateQuotaStatus(next) }) },
};

/** LimitRange; one without a name gets a random one. */
export const LIMIT_RANGE: Partial<Strategy> = {
  prepareForCreate: (object, context) => ((object.metadata.name ?? '') === '' ? { ...object, metadata: { ...object.metadata, name: uuid(context) } } : object),
  validate: quota.validateLimitRange,
  validateUpdate: (next, old) => (next['spec'] === old['spec'] ? [] : quota.validateLimitRange(next)),
  allowCreateOnUpdate: true,
};

const isNewApi = (context: Context): boolean => context.requestVersion.startsWith('events.k8s.io/');

/** Event: its name is any part of a path, unless it comes through events.k8s.io. */
export const EVENT: Partial<Strategy> = {
  validateName: nameIsPathSegment,
  validate: (object, context) => config.validateEvent(object, isNewApi(context)),
  validateUpdate: (next, old, context) => config.validateEventUpdate(next, old, isNewApi(context)),
  allowCreateOnUpdate: true,
};
