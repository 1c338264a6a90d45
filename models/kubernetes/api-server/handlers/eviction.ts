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
import { badRequest, created, forbidden, internalError, notFound, timeout, tooManyRequests, type Status } from '../status/status.ts';
import { decodeBody } from './decode.ts';
import { removeObject } from './delete.ts';
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
  const found = yield* live(call, name);
  if ('answer' in found) return found.answer;
  if (found.object === undefined) return failed(notFound(call.info, name));
  const pod = found.object as Pod;
  const sent = (eviction['deleteOptions'] ?? {}) as { gracePeriodSeconds?: number; preconditions?: { uid?: string; resourceVersion?: string }; dryRun?: string[] };
  const isDryRun = options.isDryRun || sent.dryRun?.[0] === 'All';
  const claim = yield* claimBudget(services, call, pod, isDryRun);
  if (isLeft(claim)) return failed(claim.left);
  if (!isDryRun && claim.right === 'counted') yield* updateObject(services, call, UNCHECKED, (current) => right(disrupted(current, contextOf(call).now)), options);
  const preconditions = claim.right === 'unhealthy' ? { ...sent.preconditions, resourceVersion: pod.metadata.resourceVersion } : sent.preconditions;
  const removed = yield* removeObject(services, call, name, {
    isDryRun,
    ...(sent.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: sent.gracePeriodSeconds }),
    ...(preconditions === undefined ? {} : { preconditions }),
  });
  if (isLeft(removed)) return failed(removed.left);
  return { code: 201, body: created() };
}

/** How the eviction got past the budgets: none applied, an unhealthy pod needs none, or it was counted. */
type Claim = 'free' | 'unhealthy' | 'counted';

function* claimBudget(services: Services, call: Call, pod: Pod, isDryRun: boolean): Task<Either<Status, Claim>> {
  const { phase = 'Pending' } = pod.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined) return right('free');
  const namespace = pod.metadata.namespace ?? '';
  const budgets = (services.storage.list(BUDGETS, namespace) as readonly PodDisruptionBudget[]).filter(({ spec }) =>
    spec.selector !== undefined && selectorMatches(selectorOf(spec.selector), pod.metadata.labels),
  );
  const budget = budgets[0];
  if (budgets.length > 1) return left(internalError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'));
  if (budget === undefined) return right('counted');
  if (!isReady(pod) && allowsUnhealthy(budget)) return right('unhealthy');
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
    if (!isLeft(written)) return right('counted');
    if (written.left.reason !== 'Conflict') return written;
    yield* services.process.sleep('eviction.retry', RETRY_PERIOD);
  }
  return left(timeout(`couldn't update PodDisruptionBudget "${budget.metadata.name}" due to conflicts`));
}

/** One disruption less, and the pod noted, so that the controller does not count it twice. */
function spend(budget: PodDisruptionBudget, pod: Pod, now: string): Either<Status, KubeObject> {
  const { metadata, status } = budget;
  const cause = (message: string): { reason: string; message: string } => ({ reason: 'DisruptionBudget', message });
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return left(tooManyRequests(REFUSED, 10, [cause(`The disruption budget ${metadata.name} is still being processed by the server.`)]));
  }
  if (status.disruptionsAllowed < 0) return left(forbidden(BUDGETS, metadata.name, 'pdb disruptions allowed is negative'));
  const count = Object.keys(status.disruptedPods ?? {}).length;
  if (count > DISRUPTED_PODS_MAX) return left(forbidden(BUDGETS, metadata.name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller'));
  if (status.disruptionsAllowed === 0) {
    const text = `The disruption budget ${metadata.name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`;
    return left(tooManyRequests(REFUSED, 0, [cause(text)]));
  }
  const disruptedPods = { ...status.disruptedPods, [pod.metadata.name]: now };
  const disruptionsAllowed = status.disruptionsAllowed - 1;
  const conditions = disruptionsAllowed > 0 ? status.conditions : withDisruptionAllowed(budget, { ...disruptionAllowed(0), observedGeneration: status.observedGeneration ?? 0 }, now);
  return right({ ...budget, status: { ...status, disruptionsAllowed, ...(conditions === undefined ? {} : { conditions }), disruptedPods } } as KubeObject);
}

function disrupted(pod: KubeObject, now: string): KubeObject {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const conditions = (pod['status']?.conditions ?? []) as readonly { type: string }[];
  return { ...pod, status: { ...pod['status'], conditions: [...conditions.filter(({ type }) => type !== condition.type), condition] } };
}

