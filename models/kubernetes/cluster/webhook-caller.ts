/**
 * The outlet to webhooks outside of the simulation.
 *
 * It keeps calls until somebody outside fetches them, and passes answers on. Answers are inputs, so they are in the log and
 * a replay needs nobody outside.
 */
import type { ActorSpec, Message } from '../../../src/index.ts';
import { WEBHOOK_CALLER, type WebhookAnswer, type WebhookCall, type WebhookRequest, type WebhookResponse } from '../api/webhook.ts';
import { processBehavior, type Process } from '../client/process.ts';

/** A call on its way out. */
export interface OutgoingCall {
  readonly server: string;
  readonly id: number;
  readonly call: WebhookCall;
}

/** What came back from outside. */
export interface WebhookReturn extends Message {
  readonly kind: 'webhook.return';
  readonly server: string;
  readonly id: number;
  readonly answer: WebhookAnswer;
}

/** What the outlet shows: calls since the last look, in order. */
export interface WebhookCallerState {
  outbox: OutgoingCall[];
}

export function webhookCaller(): ActorSpec {
  return { id: WEBHOOK_CALLER, type: WEBHOOK_CALLER, behavior: processBehavior(start) };
}

/** What the outlet of a running simulation holds, if there is one. */
export const webhookCallerState = (process: Process | undefined): WebhookCallerState | undefined => process?.exposed as WebhookCallerState | undefined;

function start(process: Process): void {
  const state: WebhookCallerState = { outbox: [] };
  process.exposed = state;
  process.on<WebhookRequest & Message>('webhook.request', ({ id, call }) => {
    process.record('webhook.call', { url: call.url });
    state.outbox.push({ server: process.from, id, call });
  });
  process.on<WebhookReturn>('webhook.return', ({ server, id, answer }) => process.send(server, { kind: 'webhook.response', id, answer } as WebhookResponse & Message));
}
