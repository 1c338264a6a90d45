/**
 * What the API server and webhooks say to each other.
 *
 * A webhook may be an actor of the simulation (`webhook/<namespace>/<service>`, or `webhook/<host>` for one that is named
 * by URL), or a program outside, which is reached through the webhook caller: an outlet whose answers are inputs of the run
 * and so stand in its log.
 */

/** The outlet to webhooks that live outside of the simulation. */
export const WEBHOOK_CALLER = 'webhook-caller';

/** A call: POST of a review to a URL. */
export interface WebhookCall {
  readonly url: string;
  /** The Service, when the webhook is named by one. */
  readonly service?: { readonly namespace: string; readonly name: string };
  /** Base64 of PEM certificates to trust. */
  readonly caBundle?: string;
  /** An AdmissionReview or a ConversionReview. */
  readonly body: unknown;
  readonly timeoutSeconds: number;
}

/** What came back: an HTTP status and the parsed body, or why nothing did. */
export interface WebhookAnswer {
  readonly code?: number;
  readonly body?: unknown;
  /** The client's error, such as `dial tcp 127.0.0.1:443: connect: connection refused`. */
  readonly error?: string;
}

export interface WebhookRequest {
  readonly kind: 'webhook.request';
  readonly id: number;
  readonly call: WebhookCall;
}

export interface WebhookResponse {
  readonly kind: 'webhook.response';
  readonly id: number;
  readonly answer: WebhookAnswer;
}

/** The id of the actor that plays a webhook. */
export const webhookActor = ({ service, url }: Pick<WebhookCall, 'service' | 'url'>): string => (service === undefined ? `webhook/${new URL(url).host}` : `webhook/${service.namespace}/${service.name}`);
