/**
 * MutatingAdmissionWebhook and ValidatingAdmissionWebhook.
 *
 * Mutating hooks are called one after the other, each on what the one before made of the object; when something changed
 * after a hook with reinvocationPolicy IfNeeded was called, it is called once more. Validating hooks see the final
 * object; upstream calls them in parallel and reports the first that refuses.
 * Source: apiserver/pkg/admission/plugin/webhook/{mutating,validating}/dispatcher.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../../client/process.ts';
import type { KubeObject } from '../../../object/types.ts';
import { applyJsonPatch } from '../../patch/json-patch.ts';
import { jsonEqual, type JsonObject } from '../../patch/json-value.ts';
import { servedVersionOf } from '../../registry/kind.ts';
import { decode } from '../../schema/decode.ts';
import { structType } from '../../schema/types.ts';
import { badRequest, internalError, type Status } from '../../status/status.ts';
import { uuid } from '../../strategy/before-create.ts';
import { objectIn, requestOf } from '../match/request.ts';
import { equivalentsOf, isExempt, type Shown } from '../match/resource-rule.ts';
import { subjectOf } from '../match/subject.ts';
import type { AdmissionPlugin, AdmissionWorld, Attributes, Said } from '../plugin.ts';
import { callWebhook, type Verdict } from './call.ts';
import { wanted, webhooksOf, type Placed, type Webhook } from './configuration.ts';

const OPERATIONS = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;

export const mutatingAdmissionWebhook: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  handles: OPERATIONS,
  mutate(attributes, world): Said<Either<Status, KubeObject>> {
    const object = attributes.object as KubeObject;
    const hooks = webhooksOf(attributes.context.lookup, 'mutatingwebhookconfigurations');
    if (hooks.length === 0 || isExempt(attributes)) return right(object);
    return mutateAll(hooks, attributes, world);
  },
};

export const validatingAdmissionWebhook: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  handles: OPERATIONS,
  validate(attributes, world): Said<Status | undefined> {
    const hooks = webhooksOf(attributes.context.lookup, 'validatingwebhookconfigurations');
    return hooks.length === 0 || isExempt(attributes) ? undefined : validateAll(hooks, attributes, world);
  },
};

function* validateAll(hooks: readonly Placed[], attributes: Attributes, world: AdmissionWorld): Task<Status | undefined> {
  for (const placed of hooks) {
    const asked = yield* ask(placed, attributes, world);
    if (isLeft(asked)) return asked.left;
  }
  return undefined;
}

function* mutateAll(hooks: readonly Placed[], attributes: Attributes, world: AdmissionWorld): Task<Either<Status, KubeObject>> {
  let object = attributes.object as KubeObject;
  /** Hooks that may be called again, with what the object was after their call. */
  const again: { readonly placed: Placed; readonly seen: KubeObject }[] = [];
  for (const placed of hooks) {
    const changed = yield* mutateOne(placed, { ...attributes, object }, world);
    if (isLeft(changed)) return changed;
    if (changed.right === undefined) continue;
    object = changed.right;
    if (placed.hook.reinvocationPolicy === 'IfNeeded') again.push({ placed, seen: object });
  }
  for (const { placed, seen } of again) {
    if (jsonEqual(seen, object)) continue;
    const changed = yield* mutateOne(placed, { ...attributes, object }, world);
    if (isLeft(changed)) return changed;
    object = changed.right ?? object;
  }
  return right(object);
}

/** The object after one hook; undefined when the hook was not called. */
function* mutateOne(placed: Placed, attributes: Attributes, world: AdmissionWorld): Task<Either<Status, KubeObject | undefined>> {
  const asked = yield* ask(placed, attributes, world);
  if (isLeft(asked)) return asked;
  if (asked.right === undefined) return right(undefined);
  const { verdict, shown } = asked.right;
  const object = attributes.object as KubeObject;
  if (verdict.patch === undefined || verdict.patch.length === 0 || attributes.operation === 'CONNECT') return right(object);
  if (attributes.object === undefined) return left(internalError(`admission webhook "${placed.hook.name}" attempted to modify the object, which is not supported for this operation`));
  const patched = applyJsonPatch(objectIn(object, shown) as unknown as JsonObject, verdict.patch);
  if (isLeft(patched)) return left(internalError(patched.left.message ?? 'the patch cannot be applied'));
  return back(patched.right as unknown as KubeObject, shown, object);
}

/** A patched object in storage form, decoded and with defaults as any body. */
function back(patched: KubeObject, shown: Shown, before: KubeObject): Either<Status, KubeObject> {
  const version = servedVersionOf(shown.info, shown.version);
  if (version === undefined) return right(patched);
  if (version.decode !== undefined) {
    const decoded = version.decode(patched);
    return isLeft(decoded) ? left(internalError(decoded.left)) : right(version.toStorage(decoded.right.object));
  }
  const decoded = decode(structType(version.schema), patched);
  if (decoded.error !== undefined) return left(internalError(decoded.error));
  const stored = version.toStorage(version.defaults(decoded.value as KubeObject));
  return right(stored.apiVersion === before.apiVersion && stored.kind === before.kind ? stored : { ...stored, apiVersion: before.apiVersion, kind: before.kind });
}

interface Asked {
  readonly verdict: Verdict;
  readonly shown: Shown;
}

/** Calls a hook if it wants the request. Left: the request is refused. */
function* ask(placed: Placed, attributes: Attributes, world: AdmissionWorld): Task<Either<Status, Asked | undefined>> {
  const { hook } = placed;
  const equivalents = equivalentsOf(attributes, world.kinds);
  const want = wanted(placed, attributes, equivalents, world, (shown) => subjectOf(attributes, shown, equivalents[0] as Shown, world));
  if (want.kind === 'skip') return right(undefined);
  if (want.kind === 'error') return failed(hook, `failed calling webhook "${hook.name}": ${want.text}`);
  if (attributes.isDryRun && hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun') {
    return left(badRequest(`admission webhook "${hook.name}" does not support dry run`));
  }
  const { shown } = want;
  const request = {
    uid: uuid(attributes.context),
    ...requestOf(attributes, shown, equivalents[0] as Shown),
    object: objectIn(attributes.object, shown),
    oldObject: objectIn(attributes.old, shown),
  };
  const called = yield* callWebhook(hook, request, world);
  if (called.kind === 'refused') return left(called.status);
  if (called.kind === 'failed') return failed(hook, called.text);
  for (const warning of called.verdict.warnings) attributes.warn(warning);
  return called.verdict.allowed ? right({ verdict: called.verdict, shown }) : left(called.verdict.refusal as Status);
}

/** A call that failed refuses the request, unless the hook says that failures do not matter. */
const failed = (hook: Webhook, text: string): Either<Status, undefined> => (hook.failurePolicy === 'Ignore' ? right(undefined) : left(internalError(text)));
