/**
 * The cleaner of certificate signing requests: deletes those that nobody needs any more.
 *
 * Safety: only requests that were issued, denied or failed more than an hour ago, or that wait for a day. Liveness: looked at every hour.
 * Source: pkg/controller/certificates/cleaner/cleaner.go.
 */
import type { ControlLoop } from '../../client/control-loop.ts';
import type { Client } from '../../client/client.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { CERTIFICATE_SIGNING_REQUESTS } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { ControllerContext } from '../controller-context.ts';
import { decided, type SigningRequest } from './signing-request.ts';

const HOUR = 3600 * 1_000_000;
/** cleaner.go: pollingInterval; approvedExpiration, deniedExpiration, failedExpiration; pendingExpiration. */
const POLL = HOUR;
const DECIDED_FOR = HOUR;
const PENDING_FOR = 24 * HOUR;

export class CSRCleanerController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly requests: SharedInformer<SigningRequest>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('certificate-controller');
    this.requests = context.factory.informer<SigningRequest>(CERTIFICATE_SIGNING_REQUESTS);
    this.loop = context.loop({ name: 'certificatesigningrequest-cleaner-controller', workers: 1, client: this.client, sync: () => this.clean() }, [this.requests]);
    context.passEvery('csr-cleaner', POLL, this.loop, [this.requests]);
  }

  private *clean(): Task<Err> {
    for (const request of this.requests.lister.list()) {
      if (!this.isOld(request)) continue;
      const removed = yield* this.client.delete(CERTIFICATE_SIGNING_REQUESTS, undefined, request.metadata.name);
      if (!removed.ok && !isNotFound(removed)) return failureOf(removed);
    }
    return undefined;
  }

  private isOld(request: SigningRequest): boolean {
    const { clock } = this.context;
    const { conditions = [], certificate } = request.status ?? {};
    const isPast = (time: string | undefined, period: number): boolean => time !== undefined && clock.since(time) > period;
    if (conditions.length === 0) return isPast(request.metadata.creationTimestamp, PENDING_FOR);
    const age = (type: string): boolean => conditions.some((condition) => condition.type === type && isPast(condition.lastUpdateTime, DECIDED_FOR));
    if (certificate !== undefined && age('Approved')) return true;
    if (age('Denied') || age('Failed')) return true;
    return certificate === undefined && decided(request, 'Approved') && isPast(request.metadata.creationTimestamp, PENDING_FOR);
  }
}
