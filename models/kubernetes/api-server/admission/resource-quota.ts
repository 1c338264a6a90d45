/**
 * ResourceQuota: nothing is created that would take a namespace over its quotas. What is admitted is booked at once in the
 * quota's status; the controller corrects the books later.
 * Source: apiserver/pkg/admission/plugin/resourcequota/{admission,controller}.go, pkg/quota/v1/evaluator/core.
 */
import { addQuantity, compareQuantity, formatQuantity, quantityOf, subQuantity, ZERO, type Quantity } from '../../object/quantity.ts';
import type { Task } from '../../client/process.ts';
import type { KubeObject, ResourceQuota } from '../../object/types.ts';
import { kindOf } from '../registry/kinds.ts';
import type { KindInfo } from '../registry/kind.ts';
import { forbidden, internalError, type Status } from '../status/status.ts';
import { nameForErrors, type AdmissionPlugin, type AdmissionWorld, type Attributes, type Said } from './plugin.ts';
import { constrainedButMissing, matchesScopes, usageOf } from '../../object/quota-usage.ts';

const QUOTAS = { group: '', resource: 'resourcequotas' };
const IGNORED: readonly string[] = ['events', 'bindings', 'componentstatuses', 'tokenreviews', 'subjectaccessreviews', 'selfsubjectaccessreviews', 'localsubjectaccessreviews', 'selfsubjectrulesreviews'];
/** What updates may change the usage of. */
const ON_UPDATE: readonly string[] = ['services', 'persistentvolumeclaims'];
const TRIES = 3;

export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles: ['CREATE', 'UPDATE'],
  validate(attributes, world): Said<Status | undefined> {
    const { info, object, operation, subresource, namespace, old } = attributes;
    if (object === undefined || subresource !== '' || !info.namespaced || IGNORED.includes(info.resource)) return undefined;
    if (operation === 'UPDATE' && !(info.group === '' && ON_UPDATE.includes(info.resource))) return undefined;
    const quotas = attributes.context.lookup.list(QUOTAS, namespace) as readonly ResourceQuota[];
    const concerned = quotas.filter((quota) => matchesScopes(quota, info, object));
    if (concerned.length === 0) return undefined;
    const delta = difference(usageOf(info, object), old === undefined ? new Map() : usageOf(info, old));
    for (const quota of concerned) {
      const refused = check(attributes, quota, delta);
      if (refused !== undefined) return refused;
    }
    return attributes.isDryRun ? undefined : book(attributes, world, concerned, delta);
  },
};

type Usage = ReadonlyMap<string, Quantity>;

/** What the change adds; resources that do not grow are left out. */
function difference(next: Usage, old: Usage): Usage {
  const grown = new Map<string, Quantity>();
  for (const [name, amount] of next) {
    const before = old.get(name) ?? ZERO;
    if (compareQuantity(amount, before) > 0) grown.set(name, subQuantity(amount, before));
  }
  return grown;
}

function check(attributes: Attributes, quota: ResourceQuota, delta: Usage): Status | undefined {
  const refuse = (why: string): Status => forbidden(attributes.info, nameForErrors(attributes), why);
  const name = quota.metadata.name;
  const hard = (quota.spec.hard ?? {}) as Record<string, string>;
  const missing = constrainedButMissing(attributes.info, attributes.object as KubeObject, Object.keys(hard));
  if (missing !== '') return refuse(`failed quota: ${name}: must specify ${missing}`);
  const concerned = [...delta.keys()].filter((resource) => hard[resource] !== undefined).sort((x, y) => (x < y ? -1 : 1));
  const statusHard = (quota.status.hard ?? {}) as Record<string, string>;
  const used = (quota.status.used ?? {}) as Record<string, string>;
  const unknown = concerned.filter((resource) => statusHard[resource] === undefined || used[resource] === undefined);
  if (unknown.length > 0) return refuse(`status unknown for quota: ${name}, resources: ${unknown.join(',')}`);
  const over = concerned.filter((resource) => compareQuantity(addQuantity(quantityOf(used[resource] as string), delta.get(resource) as Quantity), quantityOf(statusHard[resource] as string)) > 0);
  if (over.length === 0) return undefined;
  const list = (amountOf: (resource: string) => string): string => over.map((resource) => `${resource}=${amountOf(resource)}`).join(',');
  return refuse(`exceeded quota: ${name}, requested: ${list((resource) => formatQuantity(delta.get(resource) as Quantity))}, used: ${list((resource) => used[resource] as string)}, limited: ${list((resource) => statusHard[resource] as string)}`);
}

/** Writes the new usage into every quota, each by compare-and-swap against what is stored now. */
function* book(attributes: Attributes, world: AdmissionWorld, quotas: readonly ResourceQuota[], delta: Usage): Task<Status | undefined> {
  const info = kindOf('', 'resourcequotas') as KindInfo;
  for (const quota of quotas) {
    const hard = (quota.spec.hard ?? {}) as Record<string, string>;
    if (![...delta.keys()].some((resource) => hard[resource] !== undefined)) continue;
    let refused: Status | undefined;
    let isBooked = false;
    for (let tries = 0; tries < TRIES && !isBooked && refused === undefined; tries++) {
      isBooked = yield* world.change(info, quota.metadata.namespace ?? '', quota.metadata.name, (current) => {
        refused = check(attributes, current as ResourceQuota, delta);
        return refused === undefined ? booked(current as ResourceQuota, delta) : undefined;
      });
    }
    if (refused !== undefined) return refused;
    if (!isBooked) return internalError('resource quota evaluation timed out');
  }
  return undefined;
}

function booked(quota: ResourceQuota, delta: Usage): KubeObject {
  const used = { ...(quota.status.used as Record<string, string> | undefined) };
  for (const [resource, amount] of delta) {
    if (used[resource] !== undefined) used[resource] = formatQuantity(addQuantity(quantityOf(used[resource]), amount));
  }
  return { ...quota, status: { ...quota.status, used } } as KubeObject;
}
