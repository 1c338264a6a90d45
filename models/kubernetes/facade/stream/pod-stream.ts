/**
 * One stream to a pod, from the facade's side of the seam: opened, refused, pieces, the end.
 */
import type { StreamChannel, StreamOutcome } from '../../api/stream.ts';
import type { ApiResponse, ServerToClient } from '../../api/message.ts';
import type { Status } from '../../api-server/status/status.ts';
import type { Handle, Seam, Submission } from '../seam.ts';

/** What becomes of a stream. Before `opened` nothing else is called but `refused`; after `ended` nothing at all. */
export interface PodStreamEvents {
  readonly opened: () => void;
  readonly refused: (response: ApiResponse) => void;
  readonly data: (channel: 'stdout' | 'stderr', text: string) => void;
  readonly ended: (outcome: StreamOutcome) => void;
}

export class PodStream {
  private readonly seam: Seam;
  private readonly handle: Handle;
  private isOver = false;
  /** What is sent before the stream is open; undefined from then on. */
  private early: (() => void)[] | undefined = [];

  constructor(seam: Seam, submission: Submission, events: PodStreamEvents) {
    this.seam = seam;
    this.handle = seam.submit(submission, (message) => {
      if (!this.isOver) this.receive(message, events);
    });
  }

  private receive(message: ServerToClient, events: PodStreamEvents): void {
    switch (message.kind) {
      case 'stream.opened':
        events.opened();
        for (const send of this.early ?? []) send();
        this.early = undefined;
        return;
      case 'stream.data':
        if (message.channel === 'stdout' || message.channel === 'stderr') events.data(message.channel, message.data);
        return;
      case 'stream.close':
        this.isOver = true;
        return events.ended(message.outcome ?? { kind: 'exited', code: 0 });
      case 'api.response':
        this.isOver = true;
        return events.refused(message);
      case 'api.close':
        this.isOver = true;
        return events.ended({ kind: 'failed', message: 'unexpected EOF' });
      case 'api.watch':
        return;
    }
  }

  send(channel: StreamChannel, text: string, isLast = false): void {
    if (this.isOver) return;
    const now = (): void => this.seam.send(this.handle, channel, text, isLast);
    if (this.early === undefined) now();
    else this.early.push(now);
  }

  /** The client is gone. */
  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.seam.close(this.handle);
  }
}

/** The last word about a command: success, or how it failed (kubelet/pkg/cri/streaming/remotecommand/exec.go). */
export function finalStatus(outcome: StreamOutcome, isExec: boolean): Partial<Status> {
  if (outcome.kind === 'failed') {
    const message = `Internal error occurred: error ${isExec ? 'executing command in' : 'attaching to'} container: ${outcome.message}`;
    const cause = message.slice('Internal error occurred: '.length);
    return { metadata: {}, status: 'Failure', message, reason: 'InternalError', details: { causes: [{ message: cause }] }, code: 500 };
  }
  if (outcome.code === 0 || !isExec) return { metadata: {}, status: 'Success' };
  const message = `command terminated with non-zero exit code: exit status ${outcome.code}`;
  return { metadata: {}, status: 'Failure', message, reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: String(outcome.code) }] } } as Partial<Status>;
}
