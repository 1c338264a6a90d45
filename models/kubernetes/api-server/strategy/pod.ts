/**
 * How Pods are created and changed: through the main resource, status and ephemeralcontainers.
 * Upstream: pkg/registry/core/pod/strategy.go.
 */
import type { KubeObject, Pod } from '../../object/types.ts';
import { computeQosClass } from '../../object/resources.ts';
import type { Json } from '../defaults/fill.ts';
import { updateStrategy } from '../registry/strategy.ts';
import type { Strategy } from '../registry/kind.ts';
import { invalidValue } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { sameJson } from '../validation/check.ts';
import { validatePodCreate } from '../validation/pod.ts';
import { validateEphemeralUpdate, validatePodStatusUpdate, validatePodUpdate } from '../validation/pod-update.ts';
import { keep } from './standard.ts';

const GATED = {
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null,
  lastTransitionTime: null,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

/** Validation comes after preparation, so a pod without containers gets here. */
const hasContainers = (pod: KubeObject): boolean => Array.isArray(pod['spec']?.containers);

function prepareForCreate(pod: KubeObject): KubeObject {
  const gates = (pod['spec']?.schedulingGates as unknown[] | undefined)?.length ?? 0;
  const status = { phase: 'Pending', ...(gates > 0 ? { conditions: [GATED] } : {}), qosClass: hasContainers(pod) ? computeQosClass(pod as Pod) : 'BestEffort' };
  return { ...withoutNegativeGrace(pod), status };
}

/** A negative grace period means one second (applyTerminationGracePeriodSeconds). */
function withoutNegativeGrace(pod: KubeObject): KubeObject {
  const seconds = pod['spec']?.terminationGracePeriodSeconds as number | undefined;
  return seconds === undefined || seconds >= 0 ? pod : { ...pod, spec: { ...pod['spec'], terminationGracePeriodSeconds: 1 } };
}

function prepareStatus(next: KubeObject, old: KubeObject): KubeObject {
  const kept = keep(next, old, 'spec');
  const owners = old.metadata.ownerReferences;
  const metadata = next.metadata.ownerReferences === owners ? next.metadata : { ...next.metadata, ...(owners === undefined ? {} : { ownerReferences: owners }) };
  const status = (kept['status'] ?? {}) as Json;
  const qosClass = status['qosClass'] ?? old['status']?.qosClass;
  return { ...kept, metadata, status: status['qosClass'] === qosClass ? status : { ...status, qosClass } };
}

function prepareEphemeral(next: KubeObject, old: KubeObject): KubeObject {
  const containers = next['spec']?.ephemeralContainers as unknown;
  if (containers === old['spec'].ephemeralContainers) return { ...old, metadata: next.metadata };
  return { ...old, metadata: next.metadata, spec: { ...old['spec'], ephemeralContainers: containers } };
}

const qosIsFixed = (next: KubeObject, old: KubeObject): FieldError[] =>
  sameJson(next['status']?.qosClass, old['status']?.qosClass) ? [] : [invalidValue('status.qosClass', next['status']?.qosClass, 'field is immutable')];

/** Pod. */
export const POD: Partial<Strategy> = {
  prepareForCreate,
  validate: validatePodCreate,
  prepareForUpdate: (next, old) => keep(next, old, 'status'),
  validateUpdate: validatePodUpdate,
  subresources: {
    status: updateStrategy({
      prepareForUpdate: prepareStatus,
      validateUpdate: (next, old) => [...validatePodStatusUpdate(next, old), ...qosIsFixed(next, old)],
    }),
    ephemeralcontainers: updateStrategy({ prepareForUpdate: prepareEphemeral, validateUpdate: validateEphemeralUpdate }),
  },
};
