/**
 * Webhooks inside the simulation: a function that answers reviews.
 *
 * The function must be pure, as every step: what it answers follows from what it was asked, and it changes neither the
 * review nor anything outside.
 */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { WebhookAnswer, WebhookRequest, WebhookResponse } from '../api/webhook.ts';
import { processBehavior } from '../client/process.ts';

/** A review as it is sent: `AdmissionReview` or `ConversionReview`. */
export interface Review {
  readonly kind: string;
  readonly apiVersion: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a review holds objects of any kind.
  readonly request: any;
}

/** What a webhook answers: the `response` of the review, without the uid. A patch may be given as a list of operations. */
export type WebhookHandler = (review: Review) => Readonly<Record<string, unknown>>;

/** The actor behind `webhook/<namespace>/<service>` or `webhook/<host>`. */
export function webhook(name: string, handle: WebhookHandler): ActorSpec {
  return {
    id: `webhook/${name}`,
    type: 'webhook',
    behavior: processBehavior((process) => {
      process.on<WebhookRequest & Message>('webhook.request', ({ id, call }) => {
        const answer = answerOf(handle, call.body as Review);
        process.send(process.from, { kind: 'webhook.response', id, answer } as WebhookResponse & Message);
      });
    }),
  };
}

function answerOf(handle: WebhookHandler, review: Review): WebhookAnswer {
  const response = handle(review);
  const patchType = response['patch'] === undefined ? {} : { patchType: 'JSONPatch' };
  return { code: 200, body: { kind: review.kind, apiVersion: review.apiVersion, response: { ...patchType, ...response, uid: review.request?.uid } } };
}
