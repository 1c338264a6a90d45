/**
 * The kubelet's end of the Container Runtime Interface: calls with ids and timeouts.
 *
 * A call ends with a result or with an error value; a runtime that went away ends all open calls, and refuses others until it is back.
 * Timeouts are those of cri-client/pkg/remote_runtime.go.
 */
import type { CriCalls, CriError, CriMethod, CriRequest, CriResponse } from '../api/cri.ts';
import { type Process, suspend, type Task } from '../client/process.ts';

export type CriResult<M extends CriMethod> = { readonly ok: true; readonly value: CriCalls[M]['result'] } | { readonly ok: false; readonly error: CriError };

/** runtimeRequestTimeout 2m; sandboxes get twice that; pulls have no limit of their own. */
const TIMEOUT_US = 120_000_000;
/** What gRPC says of a socket that nobody listens on. */
const REFUSED: CriError = { code: 'Unavailable', message: 'connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"' };

export class CriClient {
  readonly #process: Process;
  readonly #runtime: string;
  readonly #open = new Map<number, (response: CriResponse) => void>();
  #nextId: number;
  #isDown = false;

  constructor(process: Process, runtime: string) {
    this.#process = process;
    this.#nextId = process.firstId;
    this.#runtime = runtime;
    process.on<CriResponse>('cri.response', (response) => this.#settle(response));
  }

  #settle(response: CriResponse): void {
    const settle = this.#open.get(response.id);
    this.#open.delete(response.id);
    settle?.(response);
  }

  /** The runtime went away: nobody will answer what is open. */
  abort(): void {
    this.#isDown = true;
    const error: CriError = { code: 'Unavailable', message: 'error reading from server: EOF' };
    for (const id of [...this.#open.keys()]) this.#settle({ kind: 'cri.response', id, ok: false, error });
  }

  /** The runtime is back. */
  restored(): void {
    this.#isDown = false;
  }

  *call<M extends CriMethod>(method: M, params: CriCalls[M]['params'], extraUs = 0): Task<CriResult<M>> {
    const id = this.#nextId++;
    const limit = method === 'PullImage' || (method === 'ExecSync' && extraUs === 0) ? undefined : TIMEOUT_US * (method === 'RunPodSandbox' ? 2 : 1) + extraUs;
    const response = yield* suspend<CriResponse>((resume) => {
      const error: CriError = { code: 'DeadlineExceeded', message: 'context deadline exceeded' };
      const timer = limit === undefined ? undefined : this.#process.after('cri.timeout', limit, () => this.#settle({ kind: 'cri.response', id, ok: false, error }));
      this.#open.set(id, (answer) => {
        timer?.stop();
        resume(answer);
      });
      if (this.#isDown) this.#process.soon(() => this.#settle({ kind: 'cri.response', id, ok: false, error: REFUSED }));
      else this.#process.send(this.#runtime, { kind: 'cri.request', id, method, params } as CriRequest);
    });
    if (response.ok) return { ok: true, value: response.result as CriCalls[M]['result'] };
    return { ok: false, error: response.error ?? { code: 'Unknown', message: '' } };
  }
}

/** `rpc error: code = NotFound desc = …`, as gRPC prints it. */
export function rpcError(error: CriError): string {
  return `rpc error: code = ${error.code} desc = ${error.message}`;
}
