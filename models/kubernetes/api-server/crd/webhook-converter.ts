/**
 * Conversion of custom resources between versions by the definition's webhook.
 *
 * A request sees objects in its own version, the store keeps them in the storage version; what is in the version that is wanted
 * already is not sent. The webhook may change labels and annotations, nothing else of the metadata.
 * Source: apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { WebhookAnswer, WebhookCall } from '../../api/webhook.ts';
import type { Process, Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { type ClientConfig, urlOf } from '../admission/webhook/client-config.ts';
import { isObject, own } from '../patch/json-value.ts';
import { groupVersionText, type KindInfo } from '../registry/kind.ts';
import { plainError, type Status } from '../status/status.ts';
import { uuid } from '../strategy/before-create.ts';
import type { Definition } from './definition.ts';

interface ConversionWebhook {
  readonly clientConfig: ClientConfig;
  readonly conversionReviewVersions: readonly string[];
}

/** What a conversion needs of the server. */
export interface ConversionWorld {
  readonly process: Process;
  readonly webhooks: { call(call: WebhookCall): Task<WebhookAnswer | undefined> };
}

const TIMEOUT_SECONDS = 30;

/** The webhook that converts a kind; undefined where objects only change their apiVersion. */
export function converterOf(info: KindInfo): ConversionWebhook | undefined {
  const conversion = (info.definition as Definition | undefined)?.spec.conversion;
  return conversion?.strategy === 'Webhook' ? (conversion.webhook as unknown as ConversionWebhook) : undefined;
}

/** The objects in a version, in their order. */
export function* convertAll(world: ConversionWorld, info: KindInfo, objects: readonly KubeObject[], version: string): Task<Either<Status, readonly KubeObject[]>> {
  const webhook = converterOf(info);
  if (webhook === undefined) return right(objects);
  const apiVersion = groupVersionText(info.group, version);
  const others = objects.filter((object) => object.apiVersion !== apiVersion);
  if (others.length === 0) return right(objects);
  const from = `${info.group}/${others[0]?.apiVersion.split('/')[1] ?? ''}, Kind=${others.length === objects.length && objects.length === 1 ? info.kind : info.listKind}`;
  const converted = yield* ask(world, webhook, others, apiVersion);
  if (isLeft(converted)) return left(plainError(`conversion webhook for ${from} ${converted.left}`));
  const made = new Map<KubeObject, KubeObject>();
  for (const [index, object] of others.entries()) {
    const checked = restored(object, converted.right[index], apiVersion);
    if (isLeft(checked)) return left(plainError(`conversion webhook for ${from} returned ${checked.left.replace('AT', objects.length === 1 ? 'invalid object' : `invalid converted object at index ${index}`)}`));
    made.set(object, checked.right);
  }
  return right(objects.map((object) => made.get(object) ?? object));
}

/** One object in a version. */
export function* convert(world: ConversionWorld, info: KindInfo, object: KubeObject, version: string): Task<Either<Status, KubeObject>> {
  if (info.definition === undefined) return right(object);
  const converted = yield* convertAll(world, info, [object], version);
  return isLeft(converted) ? converted : right(converted.right[0] as KubeObject);
}

function* ask({ process, webhooks }: ConversionWorld, { clientConfig, conversionReviewVersions }: ConversionWebhook, objects: readonly KubeObject[], desiredAPIVersion: string): Task<Either<string, readonly unknown[]>> {
  const version = conversionReviewVersions.find((entry) => entry === 'v1' || entry === 'v1beta1');
  if (version === undefined) return left('failed: no supported conversion review versions');
  const apiVersion = `apiextensions.k8s.io/${version}`;
  const uid = uuid({ choose: (purpose, n) => process.choose(purpose, n) });
  const { service, caBundle } = clientConfig;
  const url = `${urlOf(clientConfig).replace(/^(https?:\/\/[^/]+)$/, '$1/')}?timeout=${TIMEOUT_SECONDS}s`;
  const answer = yield* webhooks.call({
    url,
    body: { kind: 'ConversionReview', apiVersion, request: { uid, desiredAPIVersion, objects } },
    timeoutSeconds: TIMEOUT_SECONDS,
    ...(service === undefined ? {} : { service: { namespace: service.namespace, name: service.name } }),
    ...(caBundle === undefined ? {} : { caBundle }),
  });
  if (answer === undefined) return left(`failed: Post "${url}": context deadline exceeded`);
  if (answer.error !== undefined) return left(`failed: Post "${url}": ${answer.error}`);
  if ((answer.code ?? 200) < 200 || (answer.code ?? 200) > 206) return left(`failed: the server responded with the status code ${answer.code} but did not return more information`);
  const read = convertedObjects(answer.body, apiVersion, uid);
  if (isLeft(read)) return left(`failed: ${read.left}`);
  return read.right.length === objects.length ? read : left(`returned ${read.right.length} objects, expected ${objects.length}`);
}

function convertedObjects(body: unknown, apiVersion: string, uid: string): Either<string, readonly unknown[]> {
  const review = isObject(body) ? body : {};
  const isV1 = apiVersion.endsWith('/v1');
  if (isV1 && (own(review, 'apiVersion') !== apiVersion || own(review, 'kind') !== 'ConversionReview')) {
    return left(`expected webhook response of ${apiVersion}, Kind=ConversionReview, got ${String(own(review, 'apiVersion') ?? '')}, Kind=${String(own(review, 'kind') ?? '')}`);
  }
  const response = own(review, 'response');
  if (!isObject(response)) return left('no response provided');
  if (isV1 && own(response, 'uid') !== uid) return left(`expected response.uid="${uid}", got "${String(own(response, 'uid') ?? '')}"`);
  const { status = '', message = '' } = (own(response, 'result') ?? {}) as { status?: string; message?: string };
  if (status !== 'Success') return left(message === '' ? `response.result.status was '${status}', not 'Success'` : message);
  return right((own(response, 'convertedObjects') ?? []) as readonly unknown[]);
}

/** A converted object with the original's metadata. `AT` in a refusal stands for the place of the object. */
function restored(original: KubeObject, converted: unknown, apiVersion: string): Either<string, KubeObject> {
  const object = (isObject(converted) ? converted : {}) as Partial<KubeObject>;
  const version = object.apiVersion ?? '';
  if (version !== apiVersion) return left(`AT: invalid groupVersion (expected ${apiVersion}, received ${version})`);
  if (object.kind !== original.kind) return left(`AT: invalid kind (expected ${original.kind}, received ${object.kind ?? ''})`);
  const { metadata } = object;
  if (!isObject(metadata)) return left('AT: missing metadata in converted object');
  for (const [field, word] of [['name', 'name'], ['namespace', 'namespace'], ['uid', 'UID']] as const) {
    const [before, after] = [original.metadata[field] ?? '', (own(metadata, field) as string | undefined) ?? ''];
    if (before !== after) return left(`AT: must have the same ${word}: ${before} != ${after}`);
  }
  const { labels: _labels, annotations: _annotations, ...rest } = original.metadata;
  const kept = Object.fromEntries((['labels', 'annotations'] as const).flatMap((field) => (isObject(own(metadata, field)) ? [[field, own(metadata, field)]] : [])));
  return right({ ...object, metadata: { ...rest, ...kept } } as KubeObject);
}
