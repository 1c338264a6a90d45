/**
 * SPDY/3.1 as Kubernetes clients use it to multiplex streams over one connection, the server's side.
 *
 * kubectl up to 1.28 and client-go speak it for exec, attach and port-forward; newer kubectls speak it inside of a
 * WebSocket for port-forward. Streams are opened by the client alone; flow control is not used by these clients.
 * Upstream: github.com/moby/spdystream, apimachinery/pkg/util/httpstream/spdy; draft-mbelshe-httpbis-spdy-00.
 */
import { type Headers, HeaderReader, HeaderWriter } from './header-block.ts';

/** Where frames go to. */
export interface Transport {
  write(bytes: Buffer): void;
  end(): void;
}

/** Types of control frames. */
const SYN_STREAM = 1;
const SYN_REPLY = 2;
const RST_STREAM = 3;
const PING = 6;
const GOAWAY = 7;
const FLAG_FIN = 1;
const CANCEL = 5;

/** Bounds for what one client may have open or in flight. */
const STREAMS_MAX = 1000;
const FRAME_MAX = 4 * 1024 * 1024;

/** One stream, both ways. */
export class SpdyStream {
  readonly id: number;
  readonly headers: Headers;
  /** Called with each piece; `isLast` when the client has said all. */
  onData: (bytes: Buffer, isLast: boolean) => void = (bytes, isLast) => void this.early.push([bytes, isLast]);
  private readonly early: [Buffer, boolean][] = [];
  private readonly connection: SpdyConnection;
  private isEnded = false;

  constructor(connection: SpdyConnection, id: number, headers: Headers) {
    this.connection = connection;
    this.id = id;
    this.headers = headers;
  }

  /** Reads from now on, beginning with what came before. */
  read(onData: (bytes: Buffer, isLast: boolean) => void): void {
    this.onData = onData;
    for (const [bytes, isLast] of this.early.splice(0)) onData(bytes, isLast);
  }

  write(bytes: Buffer): void {
    if (!this.isEnded && bytes.length > 0) this.connection.data(this.id, bytes, false);
  }

  /** Says that nothing follows. */
  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.connection.data(this.id, Buffer.alloc(0), true);
  }

  /** Gives the stream up. */
  reset(): void {
    this.isEnded = true;
    this.connection.control(RST_STREAM, 0, [this.id, CANCEL]);
  }
}

export class SpdyConnection {
  /** Called for each stream that the client opens. It has been accepted. */
  onStream: (stream: SpdyStream) => void = () => undefined;
  /** Called once when the client is gone or broke the protocol. */
  onClose: () => void = () => undefined;
  private readonly transport: Transport;
  private readonly reader = new HeaderReader();
  private readonly writer = new HeaderWriter();
  private readonly streams = new Map<number, SpdyStream>();
  private buffer: Buffer = Buffer.alloc(0);
  private isClosed = false;
  private isBusy = false;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** Takes bytes that came. */
  feed(bytes: Buffer): void {
    if (this.isClosed) return;
    this.buffer = this.buffer.length === 0 ? bytes : Buffer.concat([this.buffer, bytes]);
    if (!this.isBusy) void this.work();
  }

  /** Frames are handled one after the other; inflating a header block makes the others wait. */
  private async work(): Promise<void> {
    this.isBusy = true;
    try {
      for (let frame = this.take(); frame !== undefined; frame = this.take()) {
        const waits = this.handle(frame);
        if (waits !== undefined) await waits;
      }
    } catch {
      this.close();
    }
    this.isBusy = false;
  }

  private take(): Buffer | undefined {
    const { buffer } = this;
    if (this.isClosed || buffer.length < 8) return undefined;
    const length = buffer.readUIntBE(5, 3);
    if (length > FRAME_MAX) throw new Error('frame is too large');
    if (buffer.length < 8 + length) return undefined;
    this.buffer = buffer.subarray(8 + length);
    return buffer.subarray(0, 8 + length);
  }

  private handle(frame: Buffer): Promise<void> | undefined {
    const first = frame.readUInt32BE(0);
    const isFinal = ((frame[4] ?? 0) & FLAG_FIN) !== 0;
    const body = frame.subarray(8);
    if (first >>> 31 === 0) {
      this.streams.get(first)?.onData(body, isFinal);
      return undefined;
    }
    if (((first >>> 16) & 0x7fff) !== 3) throw new Error('not SPDY/3');
    switch (first & 0xffff) {
      case SYN_STREAM:
        return this.open(body, isFinal);
      case RST_STREAM: {
        const id = body.readUInt32BE(0);
        this.streams.get(id)?.onData(Buffer.alloc(0), true);
        this.streams.delete(id);
        return undefined;
      }
      case PING:
        this.control(PING, 0, [body.readUInt32BE(0)]);
        return undefined;
      case GOAWAY:
        return undefined;
      default:
        return undefined;
    }
  }

  private async open(body: Buffer, isFinal: boolean): Promise<void> {
    const id = body.readUInt32BE(0) & 0x7fffffff;
    const headers = await this.reader.read(body.subarray(10));
    if (this.isClosed) return;
    if (this.streams.has(id) || this.streams.size >= STREAMS_MAX) throw new Error('too many streams');
    const stream = new SpdyStream(this, id, headers);
    this.streams.set(id, stream);
    const block = this.writer.write({});
    const reply = Buffer.alloc(4);
    reply.writeUInt32BE(id);
    this.frame(SYN_REPLY, 0, Buffer.concat([reply, block]));
    this.onStream(stream);
    if (isFinal) stream.onData(Buffer.alloc(0), true);
  }

  /** @internal */
  data(id: number, bytes: Buffer, isLast: boolean): void {
    if (this.isClosed) return;
    const head = Buffer.alloc(8);
    head.writeUInt32BE(id, 0);
    head[4] = isLast ? FLAG_FIN : 0;
    head.writeUIntBE(bytes.length, 5, 3);
    this.transport.write(Buffer.concat([head, bytes]));
  }

  /** @internal */
  control(type: number, flags: number, words: readonly number[]): void {
    const body = Buffer.alloc(words.length * 4);
    words.forEach((word, index) => body.writeUInt32BE(word, index * 4));
    this.frame(type, flags, body);
  }

  private frame(type: number, flags: number, body: Buffer): void {
    if (this.isClosed) return;
    const head = Buffer.alloc(8);
    head.writeUInt32BE((0x80030000 | type) >>> 0, 0);
    head[4] = flags;
    head.writeUIntBE(body.length, 5, 3);
    this.transport.write(Buffer.concat([head, body]));
  }

  /** Lets go of a stream that both sides are done with. */
  forget(stream: SpdyStream): void {
    this.streams.delete(stream.id);
  }

  /** Ends the connection after what was written. */
  close(): void {
    if (this.isClosed) return;
    this.control(GOAWAY, 0, [0, 0]);
    this.closed();
    this.transport.end();
  }

  /** The transport is gone. */
  closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.reader.close();
    this.streams.clear();
    this.onClose();
  }
}
