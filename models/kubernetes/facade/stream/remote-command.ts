/**
 * exec and attach for one client, whatever the transport: output waits until the client can take it, then the Status.
 *
 * Bytes are text in the simulation, without loss (`object/text-bytes.ts`); a character that arrives in two pieces is put together.
 */
import type { StreamOutcome } from '../../api/stream.ts';
import { bytesOfText, TextReader } from '../../object/text-bytes.ts';
import type { Seam, Submission } from '../seam.ts';
import type { ApiResponse } from '../../api/message.ts';
import type { Status } from '../../api-server/status/status.ts';
import { finalStatus, PodStream } from './pod-stream.ts';

/** The client's end. */
export interface RemoteClient {
  readonly output: (channel: 'stdout' | 'stderr', bytes: Buffer) => void;
  readonly finish: (status: Partial<Status>) => void;
}

export class RemoteCommand {
  private readonly stream: PodStream;
  private readonly input = new TextReader();
  private readonly isExec: boolean;
  private client: RemoteClient | undefined;
  private waiting: (readonly ['stdout' | 'stderr', Buffer])[] = [];
  private outcome: StreamOutcome | undefined;

  /** Asks for the command; `opened` or `refused` is called once. */
  constructor(seam: Seam, submission: Submission, opened: () => void, refused: (response: ApiResponse) => void) {
    this.isExec = submission.subresource === 'exec';
    this.stream = new PodStream(seam, submission, {
      opened,
      refused,
      data: (channel, text) => this.output(channel, Buffer.from(bytesOfText(text))),
      ended: (outcome) => {
        this.outcome = outcome;
        this.client?.finish(finalStatus(outcome, this.isExec));
      },
    });
  }

  /** The client's streams are there: gives it what has come so far, and all that will. */
  connect(client: RemoteClient): void {
    this.client = client;
    for (const [channel, bytes] of this.waiting) client.output(channel, bytes);
    this.waiting = [];
    if (this.outcome !== undefined) client.finish(finalStatus(this.outcome, this.isExec));
  }

  private output(channel: 'stdout' | 'stderr', bytes: Buffer): void {
    if (this.client === undefined) this.waiting.push([channel, bytes]);
    else this.client.output(channel, bytes);
  }

  stdin(bytes: Buffer, isLast: boolean): void {
    const text = this.input.read(bytes) + (isLast ? this.input.end() : '');
    if (text !== '' || isLast) this.stream.send('stdin', text, isLast);
  }

  resize(text: string): void {
    this.stream.send('resize', text);
  }

  leave(): void {
    this.stream.close();
  }
}
