/**
 * One call of a webhook: what is sent, and what its answer means.
 *
 * A webhook is somebody else: an actor of the simulation, or a program outside of it. The server sends a message and waits
 * for the answer, at most as long as the webhook's timeout. Source: apiserver/pkg/admission/plugin/webhook/request,
 * apiserver/pkg/util/webhook/{client,error}.go.
 */
import type { Task } from '../../../client/process.ts';
import type { WebhookAnswer } from '../../../api/webhook.ts';
import { isObject, own } from '../../patch/json-value.ts';
import { failure, internalError, type Status } from '../../status/status.ts';
import type { AdmissionWorld } from '../plugin.ts';
import type { AdmissionRequest } from '../match/request.ts';
import { urlOf } from './client-config.ts';
import type { Webhook } from './configuration.ts';

/** What a webhook said. */
export interface Verdict {
  readonly allowed: boolean;
  /** The refusal, when it is one. */
  readonly refusal?: Status;
  readonly patch?: readonly unknown[];
  readonly warnings: readonly string[];
}

export type Called = { readonly kind: 'verdict'; readonly verdict: Verdict } | { readonly kind: 'failed'; readonly text: string } | { readonly kind: 'refused'; readonly status: Status };

const DEFAULT_TIMEOUT_SECONDS = 10;

/** Asks a webhook. */
export function* callWebhook(hook: Webhook, request: AdmissionRequest, world: AdmissionWorld): Task<Called> {
  const version = (hook.admissionReviewVersions ?? ['v1']).find((entry) => entry === 'v1' || entry === 'v1beta1') ?? 'v1';
  const apiVersion = `admission.k8s.io/${version}`;
  const review = { kind: 'AdmissionReview', apiVersion, request };
  const seconds = hook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  const target = `${urlOf(hook.clientConfig).replace(/^(https?:\/\/[^/]+)$/, '$1/')}?timeout=${seconds}s`;
  const { service, caBundle } = hook.clientConfig;
  const answer = yield* world.callWebhook({
    url: target,
    body: review,
    timeoutSeconds: seconds,
    ...(service === undefined ? {} : { service: { namespace: service.namespace, name: service.name } }),
    ...(caBundle === undefined ? {} : { caBundle }),
  });
  const failed = (text: string): Called => ({ kind: 'failed', text: `failed calling webhook "${hook.name}": failed to call webhook: ${text}` });
  const post = `Post "${target}"`;
  if (answer === undefined) return failed(`${post}: context deadline exceeded`);
  if (answer.error !== undefined) return failed(`${post}: ${answer.error}`);
  if ((answer.code ?? 200) < 200 || (answer.code ?? 200) > 206) return failed(`the server responded with the status code ${answer.code}`);
  return read(hook, answer, apiVersion, String(request['uid']));
}

function read(hook: Webhook, { body }: WebhookAnswer, apiVersion: string, uid: string): Called {
  const failed = (text: string): Called => ({ kind: 'failed', text: `failed calling webhook "${hook.name}": ${text}` });
  if (!isObject(body)) return failed("failed to call webhook: couldn't get version/kind; json parse error: invalid character looking for beginning of value");
  const expected = `${apiVersion}, Kind=AdmissionReview`;
  if (own(body, 'apiVersion') !== apiVersion || own(body, 'kind') !== 'AdmissionReview') {
    return failed(`received invalid webhook response: expected webhook response of ${expected}, got ${String(own(body, 'apiVersion') ?? '')}, Kind=${String(own(body, 'kind') ?? '')}`);
  }
  const response = own(body, 'response');
  if (!isObject(response)) return failed('webhook response was absent');
  if (own(response, 'uid') !== uid && apiVersion.endsWith('/v1')) return failed(`received invalid webhook response: expected response.uid="${uid}", got "${String(own(response, 'uid') ?? '')}"`);
  const warnings = (own(response, 'warnings') as readonly string[] | undefined) ?? [];
  if (own(response, 'allowed') !== true) return { kind: 'verdict', verdict: { allowed: false, refusal: refusalOf(hook.name, own(response, 'status')), warnings } };
  const patch = own(response, 'patch');
  if (patch === undefined || patch === null || patch === '') return { kind: 'verdict', verdict: { allowed: true, warnings } };
  if (apiVersion.endsWith('/v1') && own(response, 'patchType') !== 'JSONPatch') return failed(`received invalid webhook response: webhook returned response.patch but not response.patchType`);
  const operations = decodePatch(patch);
  if (operations === undefined) return { kind: 'refused', status: internalError('invalid JSON Patch') };
  return { kind: 'verdict', verdict: { allowed: true, patch: operations, warnings } };
}

/** The patch is base64 of JSON on the wire; simulated webhooks may hand over the list itself. */
function decodePatch(patch: unknown): readonly unknown[] | undefined {
  if (Array.isArray(patch)) return patch;
  try {
    const bytes = Uint8Array.from(atob(String(patch)), (letter) => letter.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A refusal has the status that the webhook gives, or 400 (errors/statuserror.go, `ToStatusErr`). */
function refusalOf(name: string, status: unknown): Status {
  const denied = `admission webhook "${name}" denied the request`;
  const { message, reason, code, details } = (isObject(status) ? status : {}) as { message?: string; reason?: string; code?: number; details?: NonNullable<Status['details']> };
  const text = message ? `${denied}: ${message}` : reason ? `${denied}: ${reason}` : `${denied} without explanation`;
  return failure(code === undefined || code < 400 ? 400 : code, reason ?? '', text, details);
}
