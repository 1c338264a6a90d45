/**
 * The facade's seam to a moment of a log: everything can be read, nothing can be changed, the clock stands still.
 *
 * Dry runs and reviews (`kubectl diff`, `kubectl auth can-i`) change nothing, so they are answered too.
 */
import type { ServerToClient, UserInfo } from '../api/message.ts';
import { plainError, type Status } from '../api-server/status/status.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import type { Moment } from '../cluster/moment.ts';
import type { ControlResult, Handle, Seam, SimulationStatus, Submission } from '../facade/seam.ts';

/** Subresources that kubelets answer; there are none in a moment. */
const OF_KUBELETS: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy']);

export class MomentSeam implements Seam {
  private readonly moment: Moment;
  private readonly where: string;
  private readonly advice: string;
  private readonly kindList: readonly KindInfo[];
  private readonly open = new Map<Handle, number>();
  private nextHandle = 1;

  /** `where` names the moment in errors (`#4711 (12.5s) of run.log`); `advice` is the command that goes on from there. */
  constructor(moment: Moment, where: string, advice: string) {
    this.moment = moment;
    this.where = where;
    this.advice = advice;
    this.kindList = moment.kinds();
  }

  submit(request: Submission, respond: (message: ServerToClient) => void): Handle {
    const handle = this.nextHandle++;
    const refusal = this.refusal(request);
    const { id, messages } = refusal === undefined ? this.moment.send(request) : { id: 0, messages: [{ kind: 'api.response', id: 0, code: refusal.code, body: refusal } as ServerToClient] };
    this.open.set(handle, id);
    setImmediate(() => {
      for (const message of messages) if (this.open.has(handle)) respond(message);
    });
    return handle;
  }

  /** Nothing is streamed: requests that would open a stream are refused. */
  send(): void {
    // There is nobody at the other end.
  }

  close(handle: Handle): void {
    const id = this.open.get(handle);
    this.open.delete(handle);
    if (id !== undefined && id > 0) this.moment.close(id);
  }

  kinds(): readonly KindInfo[] {
    return this.kindList;
  }

  authenticate(token: string): UserInfo | undefined {
    return this.moment.authenticate(token);
  }

  wallTime(): number {
    return this.moment.wallTime;
  }

  status(): SimulationStatus {
    const { time } = this.moment;
    return { now: time, seconds: time / 1_000_000, paused: true, readOnly: true, at: this.where };
  }

  clock(): Promise<ControlResult> {
    return Promise.resolve({ error: `the clock stands still at ${this.where}; ${this.advice}` });
  }

  connect(): ControlResult {
    return { error: `no kube-proxy runs at ${this.where}; ${this.advice}` };
  }

  rules(): ControlResult {
    return this.connect();
  }

  fault(): Promise<ControlResult> {
    return this.clock();
  }

  private refusal({ verb, group, resource, subresource, query }: Submission): Status | undefined {
    if (subresource !== undefined && OF_KUBELETS.has(subresource)) return status(405, 'MethodNotAllowed', `no kubelet answers at ${this.where}, which is only looked at; ${this.advice}`);
    if (verb === 'get' || verb === 'list' || verb === 'watch' || query?.['dryRun'] === 'All') return undefined;
    const isReview = this.kindList.some((info) => info.virtual && info.group === group && info.resource === resource && info.group !== '');
    return isReview ? undefined : status(405, 'MethodNotAllowed', `the cluster is shown as it was at ${this.where} and cannot be changed; ${this.advice}`);
  }
}

const status = (code: number, reason: string, message: string): Status => ({ ...plainError(message), code, reason });
