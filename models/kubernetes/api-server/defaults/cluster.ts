/**
 * Defaults of nodes, storage, policy, RBAC and extension kinds.
 * Upstream: pkg/apis/{core,storage,rbac,scheduling,admissionregistration,flowcontrol}/v1/defaults.go, apiextensions.
 */
import { base64 } from '../../object/base64.ts';
import { utf8Bytes } from '../../object/hash.ts';
import type { KubeObject } from '../../object/types.ts';
import { fill, over, overEach } from './fill.ts';
import type { Json } from './fill.ts';

/** Node: allocatable is the capacity when nothing else is said, and podCIDR is the first of podCIDRs. */
export const defaultNode = (object: KubeObject): KubeObject => {
  const out = over(object, 'status', (status) => (status.capacity === undefined ? status : fill(status, { allocatable: status.capacity })));
  return over(out, 'spec', (spec) => {
    if (spec.podCIDR === undefined) return spec.podCIDRs?.[0] === undefined ? spec : { ...spec, podCIDR: spec.podCIDRs[0] };
    return spec.podCIDRs?.[0] === spec.podCIDR ? spec : { ...spec, podCIDRs: [spec.podCIDR] };
  });
};

export const defaultPersistentVolume = (object: KubeObject): KubeObject => {
  const out = fill(object, { status: {} });
  return over(
    over(out, 'spec', (spec) =>
      over(fill(spec, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }), 'hostPath', (path) => fill(path, { type: '' })),
    ),
    'status',
    (status) => fill(status, { phase: 'Pending' }),
  );
};

export const defaultStorageClass = (object: KubeObject): KubeObject =>
  fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });

/** stringData is write-only: it goes into data, in base64 (pkg/apis/core/v1/conversion.go, `Convert_v1_Secret_To_core_Secret`). */
function mergeStringData(object: KubeObject): KubeObject {
  const text = object['stringData'] as Record<string, string> | undefined;
  if (text === undefined) return object;
  const data: Record<string, string> = { ...object['data'] };
  for (const key in text) data[key] = base64(utf8Bytes(text[key] as string));
  const { stringData: _written, ...rest } = object;
  return { ...rest, data } as KubeObject;
}

export const defaultSecret = (object: KubeObject): KubeObject => fill(mergeStringData(object), { type: 'Opaque' });

/** LimitRange of type Container: default from max, defaultRequest from default, then from min. */
export const defaultLimitRange = (object: KubeObject): KubeObject =>
  over(object, 'spec', (spec) =>
    overEach(spec, 'limits', (item) => {
      if (item.type !== 'Container') return item;
      const limits = fill(item.default ?? {}, item.max ?? {});
      const requests = fill(fill(item.defaultRequest ?? {}, limits), item.min ?? {});
      const hasLimits = Object.keys(limits).length > 0;
      const hasRequests = Object.keys(requests).length > 0;
      const withLimits = hasLimits && limits !== item.default ? { ...item, default: limits } : item;
      return hasRequests && requests !== item.defaultRequest ? { ...withLimits, defaultRequest: requests } : withLimits;
    }),
  );

export const defaultPriorityClass = (object: KubeObject): KubeObject => fill(object, { preemptionPolicy: 'PreemptLowerPriority' });

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** RoleBinding and ClusterRoleBinding. */
export const defaultRoleBinding = (object: KubeObject): KubeObject => {
  const out = over(object, 'roleRef', (ref) => (ref.apiGroup === undefined || ref.apiGroup === '' ? { ...ref, apiGroup: RBAC_GROUP } : ref));
  return overEach(out, 'subjects', (subject) =>
    subject.kind === 'User' || subject.kind === 'Group' ? fill(subject, { apiGroup: RBAC_GROUP }) : subject,
  );
};

export const defaultCSIDriver = (object: KubeObject): KubeObject =>
  over(object, 'spec', (spec) =>
    fill(spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    }),
  );

const EMPTY_SELECTOR: Json = Object.freeze({});
const rules = (webhook: Json): Json => overEach(webhook, 'rules', (rule) => fill(rule, { scope: '*' }));
const service = (config: Json): Json => over(config, 'service', (target) => fill(target, { port: 443 }));

/** Mutating and validating webhook configurations. */
export const defaultWebhooks =
  (isMutating: boolean) =>
  (object: KubeObject): KubeObject =>
    overEach(object, 'webhooks', (webhook) =>
      over(
        rules(
          fill(webhook, {
            failurePolicy: 'Fail',
            matchPolicy: 'Equivalent',
            namespaceSelector: EMPTY_SELECTOR,
            objectSelector: EMPTY_SELECTOR,
            timeoutSeconds: 10,
            ...(isMutating ? { reinvocationPolicy: 'Never' } : {}),
          }),
        ),
        'clientConfig',
        service,
      ),
    );

const matchResources = (resources: Json): Json => {
  const out = fill(resources, { matchPolicy: 'Equivalent', namespaceSelector: EMPTY_SELECTOR, objectSelector: EMPTY_SELECTOR });
  const scoped = (rule: Json): Json => fill(rule, { scope: '*' });
  return overEach(overEach(out, 'resourceRules', scoped), 'excludeResourceRules', scoped);
};

export const defaultAdmissionPolicy = (object: KubeObject): KubeObject =>
  over(object, 'spec', (spec) => over(fill(spec, { failurePolicy: 'Fail' }), 'matchConstraints', matchResources));

export const defaultAdmissionPolicyBinding = (object: KubeObject): KubeObject =>
  over(object, 'spec', (spec) => over(spec, 'matchResources', matchResources));

export const defaultFlowSchema = (object: KubeObject): KubeObject =>
  over(object, 'spec', (spec) => (spec.matchingPrecedence === undefined || spec.matchingPrecedence === 0 ? { ...spec, matchingPrecedence: 1000 } : spec));

export const defaultPriorityLevel = (object: KubeObject): KubeObject =>
  over(object, 'spec', (spec) =>
    over(
      over(spec, 'limited', (limited) =>
        over(fill(limited, { nominalConcurrencyShares: 30, lendablePercent: 0 }), 'limitResponse', (response) =>
          over(response, 'queuing', (queuing) => fill(queuing, { queues: 64, handSize: 8, queueLengthLimit: 50 })),
        ),
      ),
      'exempt',
      (exempt) => fill(exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 }),
    ),
  );

/** APIService: a service port of 443. */
export const defaultApiService = (object: KubeObject): KubeObject =>
  over(object, 'spec', (spec) => over(spec, 'service', (target) => fill(target, { port: 443 })));
