/**
 * The API server's connections to webhooks.
 *
 * A webhook is an actor of the simulation, a program in pods behind a Service, or a program outside. One that is named by a
 * Service is looked for in this order; the server reaches its endpoints directly (`--enable-aggregator-routing`).
 * Source: apiserver/pkg/util/webhook/client.go, kube-aggregator/pkg/apiserver/resolvers.go.
 */
import type { HttpRequest, HttpResponse, NetResult } from '../../api/net.ts';
import { webhookActor, WEBHOOK_CALLER, type WebhookAnswer, type WebhookCall, type WebhookRequest, type WebhookResponse } from '../../api/webhook.ts';
import { suspend, type Process, type Task } from '../../client/process.ts';
import { jsonOrText } from '../../object/json-or-text.ts';
import type { Service } from '../../object/types.ts';
import type { StorageRegistry } from '../storage/registry.ts';
import { type Dialer, dialError, servicePlace } from './proxy.ts';

const SERVICES = { group: '', resource: 'services' };
const USER_AGENT = 'kube-apiserver-admission';
/** What no certificate in the cluster is signed by: the authorities that a machine trusts by itself. */
const UNTRUSTED = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

/** Which webhooks there are: actors by id, and whether others are looked for outside of the simulation. */
export interface WebhookTargets {
  readonly actors: readonly string[];
  readonly isOutsideReachable: boolean;
}

export class WebhookClient {
  private readonly process: Process;
  private readonly storage: StorageRegistry;
  private readonly dialer: Dialer;
  private readonly targets: WebhookTargets;
  private readonly open = new Map<number, (answer: WebhookAnswer | undefined) => void>();
  private nextId: number;

  constructor(process: Process, storage: StorageRegistry, dialer: Dialer, targets: WebhookTargets) {
    this.process = process;
    this.nextId = process.firstId;
    this.storage = storage;
    this.dialer = dialer;
    this.targets = targets;
    process.on<WebhookResponse>('webhook.response', ({ id, answer }) => this.settle(id, answer));
  }

  /** Calls a webhook; undefined when it did not answer in time. */
  *call(call: WebhookCall): Task<WebhookAnswer | undefined> {
    const actor = webhookActor(call);
    const isActor = this.targets.actors.includes(actor);
    if (isActor) return yield* this.ask(actor, call);
    const inside = call.service === undefined ? undefined : yield* this.callService(call, call.service);
    if (inside !== undefined && !('unreached' in inside)) return inside.answer;
    if (this.targets.isOutsideReachable) return yield* this.ask(WEBHOOK_CALLER, call);
    return { error: inside?.unreached ?? `dial tcp: lookup ${new URL(call.url).hostname}: no such host` };
  }

  /** Calls a program in pods. What was not reached may be outside of the simulation. */
  private *callService(call: WebhookCall, { namespace, name }: NonNullable<WebhookCall['service']>): Task<Reached> {
    const service = this.storage.get(SERVICES, namespace, name) as Service | undefined;
    if (service === undefined) return { answer: { error: `service "${name}" not found` } };
    const url = new URL(call.url);
    const place = servicePlace({ process: this.process, storage: this.storage }, service, url.port || '443');
    if (typeof place === 'string') return { unreached: place };
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json, */*', 'User-Agent': USER_AGENT, Host: url.host };
    const request: HttpRequest = { method: 'POST', path: `${url.pathname}${url.search}`, headers, body: JSON.stringify(call.body) };
    if (call.caBundle === undefined || call.caBundle === '') {
      const opened = yield* this.dialer.connect(place.ip, place.port, call.timeoutSeconds * 1_000_000);
      return opened.ok ? { answer: { error: UNTRUSTED } } : failedDial(place.ip, place.port, opened);
    }
    const result = yield* this.dialer.request(place.ip, place.port, request, call.timeoutSeconds * 1_000_000);
    if (result.error === 'timeout') return { answer: undefined };
    if (!result.ok) return failedDial(place.ip, place.port, result);
    const { status, body = '' } = result.response as unknown as HttpResponse;
    return { answer: { code: status, body: jsonOrText(body) } };
  }

  private *ask(actor: string, call: WebhookCall): Task<WebhookAnswer | undefined> {
    const id = this.nextId++;
    return yield* suspend<WebhookAnswer | undefined>((resume) => {
      const timeout = this.process.after('webhook.timeout', call.timeoutSeconds * 1_000_000, () => this.settle(id, undefined));
      this.open.set(id, (answer) => {
        timeout.stop();
        resume(answer);
      });
      this.process.send(actor, { kind: 'webhook.request', id, call } as WebhookRequest);
    });
  }

  private settle(id: number, answer: WebhookAnswer | undefined): void {
    const resume = this.open.get(id);
    this.open.delete(id);
    resume?.(answer);
  }
}

type Reached = { readonly answer: WebhookAnswer | undefined } | { readonly unreached: string };

const failedDial = (ip: string, port: number, result: NetResult): Reached => ({ unreached: `dial tcp ${ip}:${port}: ${dialError(result)}` });
