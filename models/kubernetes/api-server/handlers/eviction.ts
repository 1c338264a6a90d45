/**
 * Eviction: deletes a pod unless a disruption budget forbids it now.
 * Source: pkg/registry/core/pod/storage/eviction.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import { disruptionAllowed, withDisruptionAllowed } from '../../object/disruption-budget.ts';
import { selectorMatches, selectorOf } from '../../object/selector.ts';
import type { KubeObject, Pod, PodDisruptionBudget } from '../../object/types.ts';
import { kindOf } from '../registry/kinds.ts';
import type { KindInfo, UpdateStrategy } from '../registry/kind.ts';
import { badRequest, created, forbidden, notFound, plainError, timeout, tooManyRequests, type Status } from '../status/status.ts';
import { decodeBody } from './decode.ts';
import type { DeleteOptions } from './delete-options.ts';
import { checkPreconditions, removeObject } from './delete.ts';
import { live } from './get.ts';
import { writeOptions } from './options.ts';
import { type Answer, type Call, contextOf, failed } from './request.ts';
import type { Services } from './services.ts';
import { updateObject } from './update.ts';

/** `MaxDisruptedPodSize`. */
const DISRUPTED_PODS_MAX = 2000;
/** `EvictionsRetry`: 20 steps of 500 ms. */
const RETRIES = 20;
const RETRY_PERIOD = 500_000;
const BUDGETS = { group: 'policy', resource: 'poddisruptionbudgets' };
/** What refusals name it, in the singular. */
const BUDGET = { group: 'policy', resource: 'poddisruptionbudget' };
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";
const UNCHECKED: UpdateStrategy = { prepareForUpdate: (next) => next, validateUpdate: () => [], warningsOnUpdate: () => [] };

export function* evict(services: Services, call: Call): Task<Answer> {
  const { request } = call;
  const options = writeOptions(request.query ?? {}, request.userAgent);
  const apiVersion = (request.body as { apiVersion?: string } | undefined)?.apiVersion === 'policy/v1beta1' ? 'policy/v1beta1' : 'policy/v1';
  const decoded = decodeBody({ apiVersion, kind: 'Eviction', schema: 'policy.v1.Eviction' }, request.body, options.fieldValidation);
  if (isLeft(decoded)) return failed(decoded.left);
  const eviction = decoded.right.object;
  const name = request.name ?? '';
  if (eviction.metadata.name !== name) return failed(badRequest('name in URL does not match name in Eviction object'));
  const sent = (eviction['deleteOptions'] ?? {}) as { gracePeriodSeconds?: number; preconditions?: DeleteOptions['preconditions']; dryRun?: string[] };
  const own: DeleteOptions = {
    isDryRun: options.isDryRun || sent.dryRun?.[0] === 'All',
    ...(sent.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: sent.gracePeriodSeconds }),
    ...(sent.preconditions === undefined ? {} : { preconditions: sent.preconditions }),
  };
  const hasVersion = sent.preconditions?.resourceVersion !== undefined;
  const found = yield* removeUnguarded(services, call, name, own, hasVersion);
  if (isLeft(found)) return failed(found.left);
  if (found.right === 'removed') return { code: 201, body: created() };
  const claim = yield* claimBudget(services, call, found.right, own.isDryRun);
  if (isLeft(claim)) return failed(claim.left);
  const unhealthyOf = claim.right.unhealthyOf;
  const removed = yield* markAndRemove(services, call, name, unhealthyOf === undefined ? own : atVersion(own, found.right));
  if (!isLeft(removed)) return { code: 201, body: created() };
  return failed(unhealthyOf !== undefined && !hasVersion && removed.left.reason === 'Conflict' ? stillProcessed(unhealthyOf) : removed.left);
}

const atVersion = (options: DeleteOptions, pod: Pod): DeleteOptions => ({ ...options, preconditions: { ...options.preconditions, resourceVersion: pod.metadata.resourceVersion } });

/** Deletes a pod that no budget guards, because it does not run or is going already; else it is the pod that was found. */
function* removeUnguarded(services: Services, call: Call, name: string, own: DeleteOptions, hasVersion: boolean): Task<Either<Status, Pod | 'removed'>> {
  for (let attempt = 1; ; attempt++) {
    const found = yield* live(call, name);
    if ('answer' in found) return left(found.answer.body as Status);
    if (found.object === undefined) return left(notFound(call.info, name));
    const pod = found.object as Pod;
    const { phase = 'Pending' } = pod.status ?? {};
    const isOver = phase === 'Succeeded' || phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined;
    if (!isOver && phase !== 'Pending') return right(pod);
    // A pod that waits may become ready at this moment, and then a budget guards it.
    const removed = yield* markAndRemove(services, call, name, isOver || hasVersion ? own : atVersion(own, pod));
    if (!isLeft(removed)) return right('removed');
    if (removed.left.reason !== 'Conflict' || hasVersion || attempt >= RETRIES) return removed;
    yield* services.process.sleep('eviction.retry', RETRY_PERIOD);
  }
}

/** Says on the pod why it goes, then deletes it (addConditionAndDeletePod). */
function* markAndRemove(services: Services, call: Call, name: string, options: DeleteOptions): Task<Either<Status, unknown>> {
  if (options.isDryRun) return yield* removeObject(services, call, name, options);
  const mark = (current: KubeObject): Either<Status, KubeObject> => {
    const refused = checkPreconditions(call, options, current);
    return refused === undefined ? right(disrupted(current, contextOf(call).now)) : left(refused);
  };
  const marked = yield* updateObject(services, call, UNCHECKED, mark, writeOptions({}, call.request.userAgent));
  if (isLeft(marked)) return marked;
  const bumped = options.preconditions?.resourceVersion === undefined ? options : atVersion(options, marked.right.object as Pod);
  return yield* removeObject(services, call, name, bumped);
}

/** The budget that an unhealthy pod got past; undefined when none applied, or one was charged. */
interface Claim {
  readonly unhealthyOf?: string;
}

function* claimBudget(services: Services, call: Call, pod: Pod, isDryRun: boolean): Task<Either<Status, Claim>> {
  const namespace = pod.metadata.namespace ?? '';
  const budgets = (services.storage.list(BUDGETS, namespace) as readonly PodDisruptionBudget[]).filter(({ spec }) =>
    spec.selector !== undefined && selectorMatches(selectorOf(spec.selector), pod.metadata.labels),
  );
  const budget = budgets[0];
  if (budgets.length > 1) return left(plainError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'));
  if (budget === undefined) return right({});
  if (!isReady(pod) && allowsUnhealthy(budget)) return right({ unhealthyOf: budget.metadata.name });
  return yield* decrement(services, call, budget, pod, isDryRun);
}

const isReady = (pod: Pod): boolean => (pod.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');

function allowsUnhealthy({ spec, status }: PodDisruptionBudget): boolean {
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0;
}

function* decrement(services: Services, call: Call, budget: PodDisruptionBudget, pod: Pod, isDryRun: boolean): Task<Either<Status, Claim>> {
  const info = kindOf('policy', 'poddisruptionbudgets') as KindInfo;
  const request = { ...call.request, name: budget.metadata.name, subresource: 'status' };
  const one: Call = { ...call, info, version: info.versions[0] as Call['version'], request };
  const options = { ...writeOptions({}, call.request.userAgent), isDryRun };
  const now = contextOf(call).now;
  for (let attempt = 0; attempt < RETRIES; attempt++) {
    const written = yield* updateObject(services, one, UNCHECKED, (current) => spend(current as PodDisruptionBudget, pod, now), options);
    if (!isLeft(written)) return right({});
    if (written.left.reason !== 'Conflict') return written;
    yield* services.process.sleep('eviction.retry', RETRY_PERIOD);
  }
  return left(timeout(`couldn't update PodDisruptionBudget "${budget.metadata.name}" due to conflicts`, 10));
}

const budgetCause = (message: string): { reason: string; message: string } => ({ reason: 'DisruptionBudget', message });

const stillProcessed = (budget: string): Status =>
  tooManyRequests(REFUSED, 10, [budgetCause(`The disruption budget ${budget} is still being processed by the server.`)]);

/** One disruption less, and the pod noted, so that the controller does not count it twice. */
function spend(budget: PodDisruptionBudget, pod: Pod, now: string): Either<Status, KubeObject> {
  const { metadata, status } = budget;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return left(stillProcessed(metadata.name));
  if (status.disruptionsAllowed < 0) return left(forbidden(BUDGET, metadata.name, 'pdb disruptions allowed is negative'));
  const count = Object.keys(status.disruptedPods ?? {}).length;
  if (count > DISRUPTED_PODS_MAX) return left(forbidden(BUDGET, metadata.name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller'));
  if (status.disruptionsAllowed === 0) {
    const text = `The disruption budget ${metadata.name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`;
    return left(tooManyRequests(REFUSED, 0, [budgetCause(text)]));
  }
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: now };
  const disruptionsAllowed = status.disruptionsAllowed - 1;
  const conditions = disruptionsAllowed > 0 ? status.conditions : withDisruptionAllowed(budget, { ...disruptionAllowed(0), observedGeneration: status.observedGeneration ?? 0 }, now);
  return right({ ...budget, status: { ...status, disruptionsAllowed, ...(conditions === undefined ? {} : { conditions }), disruptedPods } } as KubeObject);
}

/** The pod with the condition that says what disrupts it; its time is that of its status. */
function disrupted(pod: KubeObject, now: string): KubeObject {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const conditions = (pod['status']?.conditions ?? []) as readonly (typeof condition)[];
  const old = conditions.find(({ type }) => type === condition.type);
  if (old === undefined) return { ...pod, status: { ...pod['status'], conditions: [...conditions, condition] } };
  if (old.status === condition.status && old.reason === condition.reason && old.message === condition.message) return pod;
  const next = old.status === condition.status ? { ...condition, lastTransitionTime: old.lastTransitionTime } : condition;
  return { ...pod, status: { ...pod['status'], conditions: conditions.map((entry) => (entry === old ? next : entry)) } };
}
