/**
 * Strategies of storage, scheduling, RBAC, certificates, admission and API registration kinds.
 * Upstream: pkg/registry/{storage,scheduling,node,coordination,rbac,certificates,admissionregistration,flowcontrol}/**.
 */
import type { KubeObject } from '../../object/types.ts';
import type { Json } from '../defaults/fill.ts';
import { put } from '../defaults/fill.ts';
import { updateStrategy } from '../registry/strategy.ts';
import type { Context, PrepareUpdate, Strategy } from '../registry/kind.ts';
import type { FieldError } from '../status/field-error.ts';
import * as access from '../validation/access.ts';
import * as admission from '../validation/admission.ts';
import { sameJson } from '../validation/check.ts';
import { validateApiService, validateApiServiceStatus } from '../validation/api-service.ts';
import * as csi from '../validation/csi.ts';
import { validateLease } from '../validation/lease.ts';
import { nameIsPathSegment } from '../validation/name.ts';
import { validatePriorityClass, validatePriorityClassUpdate } from '../validation/priority-class.ts';
import { validateRuntimeClass, validateRuntimeClassUpdate } from '../validation/runtime-class.ts';
import { validateSigningRequest, validateSigningRequestUpdate } from '../validation/signing-request.ts';
import * as storage from '../validation/storage.ts';
import { bumpedWhen, countSpec, fresh, keep, keepSpec, keepSpecAndMeta, keepStatus, keepStatusAndCount, withGeneration } from './standard.ts';

const one = (object: KubeObject): KubeObject => withGeneration(object, 1);

export const STORAGE_CLASS: Partial<Strategy> = { validate: storage.validateStorageClass, validateUpdate: storage.validateStorageClassUpdate };

export const PRIORITY_CLASS: Partial<Strategy> = {
  prepareForCreate: one,
  validate: validatePriorityClass,
  validateUpdate: validatePriorityClassUpdate,
};

export const RUNTIME_CLASS: Partial<Strategy> = {
  validate: validateRuntimeClass,
  validateUpdate: validateRuntimeClassUpdate,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
};

export const LEASE: Partial<Strategy> = {
  validate: validateLease,
  validateUpdate: (next) => validateLease(next),
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
};

export const VOLUME_ATTACHMENT: Partial<Strategy> = {
  prepareForCreate: fresh('storage.v1.VolumeAttachment', false),
  validate: storage.validateAttachment,
  prepareForUpdate: keepStatus,
  validateUpdate: storage.validateAttachmentUpdate,
  allowUnconditionalUpdate: false,
  subresources: { status: updateStrategy({ prepareForUpdate: keepSpecAndMeta }) },
};

/** CSIDriver counts only updates. */
export const CSI_DRIVER: Partial<Strategy> = {
  validate: csi.validateDriver,
  prepareForUpdate: countSpec,
  validateUpdate: csi.validateDriverUpdate,
  allowUnconditionalUpdate: false,
};

/** An update is validated twice, as upstream has it. */
export const CSI_NODE: Partial<Strategy> = {
  validate: csi.validateCsiNode,
  validateUpdate: (next, old) => [...csi.validateCsiNode(next), ...csi.validateCsiNodeUpdate(next, old)],
  allowUnconditionalUpdate: false,
};

const RBAC = { allowCreateOnUpdate: true, validateName: nameIsPathSegment } as const;

/** Updates of these kinds are validated twice, as upstream has it, so causes come twice. */
const twice = (validate: (object: KubeObject) => FieldError[], onUpdate: (next: KubeObject, old: KubeObject) => FieldError[] = validate): Partial<Strategy> => ({
  ...RBAC,
  validate,
  validateUpdate: (next, old) => [...validate(next), ...onUpdate(next, old)],
});
export const ROLE = twice(access.validateRole);
export const CLUSTER_ROLE = twice(access.validateClusterRole);
export const ROLE_BINDING = twice(access.validateBinding(true), access.validateBindingUpdate(true));
export const CLUSTER_ROLE_BINDING = twice(access.validateBinding(false), access.validateBindingUpdate(false));

/** A certificate request states who asks: whoever it is, not whoever it claims. */
function requestCreate(object: KubeObject, { user }: Context): KubeObject {
  const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = (object['spec'] as Json | undefined) ?? {};
  const asked = {
    ...spec,
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    ...(user.groups.length > 0 ? { groups: user.groups } : {}),
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
  return { ...object, spec: asked, status: {} };
}

const isDecision = (condition: Json): boolean => condition['type'] === 'Approved' || condition['type'] === 'Denied';
const conditionsOf = (object: KubeObject): readonly Json[] => (object['status']?.conditions as Json[] | undefined) ?? [];

function stamped(conditions: readonly Json[], old: KubeObject, now: string): readonly Json[] {
  return conditions.map((condition) => {
    const before = conditionsOf(old).find((other) => other['type'] === condition['type']);
    const isSame = before !== undefined && sameJson(before, condition);
    const since = before !== undefined && before['status'] === condition['status'] ? before['lastTransitionTime'] : now;
    return { ...condition, lastUpdateTime: isSame ? condition['lastUpdateTime'] : (condition['lastUpdateTime'] ?? now), lastTransitionTime: condition['lastTransitionTime'] ?? since };
  });
}

/** `/approval` moves conditions only; `/status` everything but decisions. */
const approval: PrepareUpdate = (next, old, { now }) => {
  const conditions = stamped(conditionsOf(next), old, now);
  return put(keep(next, old, 'spec'), 'status', { ...old['status'], ...(conditions.length > 0 ? { conditions } : {}) });
};
const signing: PrepareUpdate = (next, old, { now }) => {
  const decisions = conditionsOf(old).filter(isDecision);
  const conditions = stamped([...decisions, ...conditionsOf(next).filter((condition) => !isDecision(condition))], old, now);
  return put(keep(next, old, 'spec'), 'status', { ...next['status'], ...(conditions.length > 0 ? { conditions } : {}) });
};

export const SIGNING_REQUEST: Partial<Strategy> = {
  prepareForCreate: requestCreate,
  validate: validateSigningRequest,
  prepareForUpdate: (next, old) => keep(keep(next, old, 'spec'), old, 'status'),
  subresources: {
    approval: updateStrategy({ prepareForUpdate: approval, validateUpdate: validateSigningRequestUpdate(true) }),
    status: updateStrategy({ prepareForUpdate: signing, validateUpdate: validateSigningRequestUpdate(false) }),
  },
};

export const WEBHOOKS: Partial<Strategy> = {
  prepareForCreate: one,
  validate: admission.validateWebhooks,
  prepareForUpdate: (next, old) => bumpedWhen(next, old, !sameJson(next['webhooks'], old['webhooks'])),
  validateUpdate: (next, old) => (next['webhooks'] === old['webhooks'] ? [] : admission.validateWebhooks(next)),
  allowUnconditionalUpdate: false,
};

export const ADMISSION_POLICY: Partial<Strategy> = {
  prepareForCreate: fresh('admissionregistration.v1.ValidatingAdmissionPolicy', true),
  validate: admission.validateAdmissionPolicy,
  prepareForUpdate: keepStatusAndCount,
  validateUpdate: (next, old) => (next['spec'] === old['spec'] ? [] : admission.validateAdmissionPolicy(next)),
  allowUnconditionalUpdate: false,
  subresources: { status: updateStrategy({ prepareForUpdate: keepSpecAndMeta }) },
};

export const ADMISSION_POLICY_BINDING: Partial<Strategy> = {
  prepareForCreate: one,
  validate: admission.validateAdmissionPolicyBinding,
  prepareForUpdate: countSpec,
  validateUpdate: (next, old) => (next['spec'] === old['spec'] ? [] : admission.validateAdmissionPolicyBinding(next)),
  allowUnconditionalUpdate: false,
};

/** FlowSchema and PriorityLevelConfiguration. */
export const flowControl = (schema: string): Partial<Strategy> => ({
  prepareForCreate: fresh(schema, true),
  prepareForUpdate: keepStatusAndCount,
  subresources: { status: updateStrategy({ prepareForUpdate: keepSpec }) },
});

/** What the server itself serves is available at once. */
function serviceCreate(object: KubeObject, context: Context): KubeObject {
  const made = freshService(object, context);
  if (object['spec']?.service !== undefined) return made;
  const available = { type: 'Available', status: 'True', lastTransitionTime: context.now, reason: 'Local', message: 'Local APIServices are always available' };
  return { ...made, status: { conditions: [available] } };
}
const freshService = fresh('apiregistration.v1.APIService', false);

export const API_SERVICE: Partial<Strategy> = {
  validateName: nameIsPathSegment,
  prepareForCreate: serviceCreate,
  validate: validateApiService,
  prepareForUpdate: keepStatus,
  validateUpdate: (next) => validateApiService(next),
  allowUnconditionalUpdate: false,
  subresources: { status: updateStrategy({ prepareForUpdate: keepSpec, validateUpdate: (next) => validateApiServiceStatus(next) }) },
};
