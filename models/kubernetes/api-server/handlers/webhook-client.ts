/**
 * The API server's connections to webhooks. Source: apiserver/pkg/util/webhook/client.go.
 */
import { webhookActor, WEBHOOK_CALLER, type WebhookAnswer, type WebhookCall, type WebhookRequest, type WebhookResponse } from '../../api/webhook.ts';
import type { Lookup } from '../registry/kind.ts';
import { suspend, type Process, type Task } from '../../client/process.ts';

const SERVICES = { group: '', resource: 'services' };

/** Which webhooks there are: actors by id, and whether others are looked for outside of the simulation. */
export interface WebhookTargets {
  readonly actors: readonly string[];
  readonly isOutsideReachable: boolean;
}

export class WebhookClient {
  private readonly process: Process;
  private readonly storage: Lookup;
  private readonly targets: WebhookTargets;
  private readonly open = new Map<number, (answer: WebhookAnswer | undefined) => void>();
  private nextId = 1;

  constructor(process: Process, storage: Lookup, targets: WebhookTargets) {
    this.process = process;
    this.storage = storage;
    this.targets = targets;
    process.on<WebhookResponse>('webhook.response', ({ id, answer }) => this.settle(id, answer));
  }

  /** Calls a webhook; undefined when it did not answer in time. */
  *call(call: WebhookCall): Task<WebhookAnswer | undefined> {
    const actor = webhookActor(call);
    const isActor = this.targets.actors.includes(actor);
    const { service } = call;
    if (!isActor && service !== undefined && this.storage.get(SERVICES, service.namespace, service.name) === undefined) return { error: `service "${service.name}" not found` };
    if (!isActor && !this.targets.isOutsideReachable) return { error: `dial tcp: lookup ${new URL(call.url).hostname}: no such host` };
    const id = this.nextId++;
    return yield* suspend<WebhookAnswer | undefined>((resume) => {
      const timeout = this.process.after('webhook.timeout', call.timeoutSeconds * 1_000_000, () => this.settle(id, undefined));
      this.open.set(id, (answer) => {
        timeout.stop();
        resume(answer);
      });
      this.process.send(isActor ? actor : WEBHOOK_CALLER, { kind: 'webhook.request', id, call } as WebhookRequest);
    });
  }

  private settle(id: number, answer: WebhookAnswer | undefined): void {
    const resume = this.open.get(id);
    this.open.delete(id);
    resume?.(answer);
  }
}
