/**
 * A stand-in for a simulation, for the facade's own tests: a map of objects without rules.
 *
 * It answers what a lenient API server would, in the next turn, and remembers what was submitted.
 */
import type { ApiResponse, ServerToClient, UserInfo } from '../api/message.ts';
import { claimsOf, userOf } from '../api-server/authentication/service-account-token.ts';
import type { StreamChannel } from '../api/stream.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import { KINDS } from '../api-server/registry/kinds.ts';
import { notFound, success } from '../api-server/status/status.ts';
import type { KubeObject } from '../object/types.ts';
import type { ClockCommand, ControlResult, Handle, Seam, SimulationStatus, Submission } from './seam.ts';

type Respond = (message: ServerToClient) => void;

export class FakeSeam implements Seam {
  readonly submitted: Submission[] = [];
  readonly watches = new Map<Handle, Respond>();
  readonly streams = new Map<Handle, Respond>();
  readonly closed = new Set<Handle>();
  served: readonly KindInfo[] = KINDS;
  private readonly objects = new Map<string, KubeObject>();
  private nextHandle = 1;
  private revision = 1;

  submit(request: Submission, respond: Respond): Handle {
    const handle = this.nextHandle++;
    this.submitted.push(request);
    setImmediate(() => {
      if (this.closed.has(handle)) return;
      if (request.verb === 'watch') {
        this.watches.set(handle, respond);
        respond({ kind: 'api.watch', id: handle, events: [] });
      } else if (request.subresource === 'exec') this.run(handle, request, respond);
      else respond({ kind: 'api.response', id: handle, ...this.answer(request) });
    });
    return handle;
  }

  authenticate(token: string): UserInfo | undefined {
    const claims = claimsOf(token);
    return claims === undefined ? undefined : userOf(claims);
  }

  /** A command: `cat` gives back its input, others write to both streams and exit with 3. */
  private run(id: Handle, request: Submission, respond: Respond): void {
    const { command = [] } = request.body as { command?: readonly string[] };
    respond({ kind: 'stream.opened', id });
    if (command[0] === 'cat') this.streams.set(id, respond);
    else {
      respond({ kind: 'stream.data', id, channel: 'stdout', data: 'out\n' });
      respond({ kind: 'stream.data', id, channel: 'stderr', data: 'err\n' });
      respond({ kind: 'stream.close', id, outcome: { kind: 'exited', code: 3 } });
    }
  }

  send(id: Handle, channel: StreamChannel, data: string, isLast = false): void {
    const respond = this.streams.get(id);
    if (channel !== 'stdin') return;
    respond?.({ kind: 'stream.data', id, channel: 'stdout', data });
    if (isLast) respond?.({ kind: 'stream.close', id, outcome: { kind: 'exited', code: 0 } });
  }

  close(handle: Handle): void {
    this.streams.delete(handle);
    this.closed.add(handle);
    this.watches.delete(handle);
  }

  /** Sends an event to all watches. */
  emit(object: KubeObject, type: 'ADDED' | 'MODIFIED' | 'DELETED' = 'ADDED'): void {
    const events = [{ type, object }];
    for (const [id, respond] of this.watches) respond({ kind: 'api.watch', id, events });
  }

  kinds(): readonly KindInfo[] {
    return this.served;
  }

  wallTime(): number {
    return 1_700_000_100_000_000;
  }

  status(): SimulationStatus {
    return { now: 1_000_000, objects: this.objects.size };
  }

  async clock(command: ClockCommand): Promise<ControlResult> {
    return { ...command };
  }

  connect(): ControlResult {
    return { error: 'this seam has no network' };
  }

  rules(): ControlResult {
    return { error: 'this seam has no network' };
  }

  async fault(command: Readonly<Record<string, unknown>>): Promise<ControlResult> {
    return command['fault'] === undefined ? { error: 'no fault given' } : { started: command['fault'] };
  }

  private answer(request: Submission): Pick<ApiResponse, 'code' | 'body'> {
    const key = `${request.group}/${request.resource}/${request.namespace ?? ''}/${request.name ?? (request.body as KubeObject | undefined)?.metadata?.name ?? ''}`;
    if (request.subresource === 'log') return { code: 200, body: 'line one\n' };
    const found = this.objects.get(key);
    switch (request.verb) {
      case 'list': {
        const items = [...this.objects].filter(([at]) => at.startsWith(`${request.group}/${request.resource}/`)).map(([, object]) => object);
        return { code: 200, body: { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(this.revision) }, items } };
      }
      case 'create':
      case 'update': {
        const sent = (typeof request.body === 'object' && request.body !== null ? request.body : {}) as KubeObject;
        const metadata = { ...sent.metadata, resourceVersion: String(++this.revision), uid: 'u', creationTimestamp: '2023-11-14T22:13:20Z' };
        const object = { ...sent, metadata };
        this.objects.set(key, object);
        return { code: request.verb === 'create' ? 201 : 200, body: object };
      }
      case 'delete':
        this.objects.delete(key);
        return { code: 200, body: success() };
      default:
        return found === undefined
          ? { code: 404, body: notFound({ group: request.group, resource: request.resource }, request.name ?? '') }
          : { code: 200, body: found };
    }
  }
}
