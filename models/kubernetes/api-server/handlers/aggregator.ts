/**
 * Aggregated APIs: requests for a group that another server serves are passed on to it, and its answers back.
 *
 * Source: kube-aggregator/pkg/apiserver/handler_proxy.go.
 */
import type { ApiRequest, ApiResponse } from '../../api/message.ts';
import { suspend, type Process, type Task } from '../../client/process.ts';
import { plainError } from '../status/status.ts';
import { failed, type Answer } from './request.ts';

/** How long another server may take to answer, µs. */
const TIMEOUT = 60_000_000;

export class Aggregator {
  private readonly process: Process;
  /** Actors by `group/version`. */
  private readonly actors: ReadonlyMap<string, string>;
  private readonly open = new Map<number, (answer: Answer) => void>();
  private nextId: number;

  constructor(process: Process, apis: readonly { readonly group: string; readonly version: string; readonly actor: string }[]) {
    this.process = process;
    this.nextId = process.firstId;
    this.actors = new Map(apis.map(({ group, version, actor }) => [`${group}/${version}`, actor]));
    if (apis.length > 0) process.on<ApiResponse>('api.response', ({ id, code, body }) => this.settle(id, { code, body }));
  }

  /** The other server's answer; undefined when the group is this server's own. */
  *forward(request: ApiRequest): Task<Answer | undefined> {
    const actor = this.actors.get(`${request.group}/${request.version}`);
    if (actor === undefined) return undefined;
    const id = this.nextId++;
    return yield* suspend<Answer>((resume) => {
      const timeout = this.process.after('aggregated.timeout', TIMEOUT, () => this.settle(id, failed(plainError('service unavailable'))));
      this.open.set(id, (answer) => {
        timeout.stop();
        resume(answer);
      });
      this.process.send(actor, { ...request, id } as ApiRequest);
    });
  }

  private settle(id: number, answer: Answer): void {
    const resume = this.open.get(id);
    this.open.delete(id);
    resume?.(answer);
  }
}
