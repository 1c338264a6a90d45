import { deflateRawSync, createDeflate, constants, createInflate } from 'node:zlib';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { FakeSeam } from '../fake-seam.ts';
import { HttpFacade } from '../server.ts';
import { DICTIONARY } from './dictionary.ts';
import { HeaderReader, HeaderWriter } from './header-block.ts';

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** The client's side of SPDY/3.1, as far as a command needs it. */
class SpdyClient {
  readonly received = new Map<number, Buffer[]>();
  readonly ended = new Set<number>();
  readonly pings: number[] = [];
  private readonly deflate = createDeflate({ dictionary: DICTIONARY });
  private buffer = Buffer.alloc(0);
  readonly write: (bytes: Buffer) => void;

  constructor(write: (bytes: Buffer) => void) {
    this.write = write;
  }

  async open(id: number, headers: Record<string, string>): Promise<void> {
    const entries = Object.entries(headers);
    const block = Buffer.concat([uint32(entries.length), ...entries.flatMap(([name, value]) => [uint32(name.length), Buffer.from(name), uint32(value.length), Buffer.from(value)])]);
    this.deflate.write(block);
    const packed = await new Promise<Buffer>((resolve) => this.deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(this.deflate.read() as Buffer)));
    const body = Buffer.concat([uint32(id), uint32(0), Buffer.alloc(2), packed]);
    this.write(Buffer.concat([uint32(0x80030001), uint32(body.length), body]));
  }

  data(id: number, text: string, isLast: boolean): void {
    const bytes = Buffer.from(text);
    this.write(Buffer.concat([uint32(id), uint32(((isLast ? 1 : 0) << 24) | bytes.length), bytes]));
  }

  feed(bytes: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, bytes]);
    while (this.buffer.length >= 8) {
      const [first, second] = [this.buffer.readUInt32BE(0), this.buffer.readUInt32BE(4)];
      const length = second & 0xffffff;
      if (this.buffer.length < 8 + length) return;
      const body = this.buffer.subarray(8, 8 + length);
      this.buffer = this.buffer.subarray(8 + length);
      if (first >>> 31 === 0) {
        this.received.set(first, [...(this.received.get(first) ?? []), body]);
        if (second >>> 24 === 1) this.ended.add(first);
      } else if ((first & 0xffff) === 6) this.pings.push(body.readUInt32BE(0));
    }
  }

  text(id: number): string {
    return Buffer.concat(this.received.get(id) ?? []).toString();
  }
}

/** Upgrades a connection to an exec; resolves with the head of the answer. */
function dial(base: string, command: string, stdin: boolean, protocols = 'v4.channel.k8s.io'): Promise<{ head: string; client: SpdyClient; closed: Promise<void> }> {
  const { port, hostname } = new URL(base);
  const socket = connect(Number(port), hostname);
  const client = new SpdyClient((bytes) => void socket.write(bytes));
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.write(`POST /api/v1/namespaces/n/pods/p/exec?command=${command}&stdout=true&stderr=true${stdin ? '&stdin=true' : ''} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocols}\r\n\r\n`);
  return new Promise((resolve) => {
    let head = '';
    socket.on('data', (bytes: Buffer) => {
      if (head !== '') return client.feed(bytes);
      head = bytes.toString('latin1').split('\r\n\r\n')[0] ?? '';
      client.feed(bytes.subarray(head.length + 4));
      resolve({ head, client, closed });
    });
  });
}

describe('SPDY', () => {
  it('reads header blocks that were compressed with the dictionary of SPDY/3, and writes blocks that others read', async () => {
    expect(DICTIONARY.length).toBe(1423);
    const writer = new HeaderWriter();
    const inflate = createInflate();
    const blocks: Record<string, string>[] = [{}, { streamtype: 'error' }, {}];
    for (const headers of blocks) {
      await new Promise<void>((resolve) => inflate.write(writer.write(headers), () => resolve()));
      const block = inflate.read() as Buffer;
      expect(block.readUInt32BE(0)).toBe(Object.keys(headers).length);
    }
    const reader = new HeaderReader();
    await expect(reader.read(deflateRawSync(Buffer.from('x')))).rejects.toThrow();
  });

  it('carries a command: output, exit code, pings, the end', async () => {
    const facade = new HttpFacade(new FakeSeam());
    const base = await facade.listen();
    const { head, client, closed } = await dial(base, 'false', false);
    expect(head).toContain('101 Switching Protocols');
    expect(head).toContain('X-Stream-Protocol-Version: v4.channel.k8s.io');
    client.write(Buffer.concat([uint32(0x80030006), uint32(4), uint32(7)]));
    for (const [index, type] of ['error', 'stdout', 'stderr'].entries()) await client.open(2 * index + 1, { streamtype: type });
    await closed;
    expect(client.pings).toEqual([7]);
    expect([client.text(3), client.text(5)]).toEqual(['out\n', 'err\n']);
    expect(JSON.parse(client.text(1))).toMatchObject({ reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '3' }] } });
    expect([...client.ended].toSorted()).toEqual([1, 3, 5]);
    await facade.close();
  });

  it('carries standard input to its end', async () => {
    const facade = new HttpFacade(new FakeSeam());
    const { client, closed } = await dial(await facade.listen(), 'cat', true);
    for (const [index, type] of ['error', 'stdin', 'stdout', 'stderr'].entries()) await client.open(2 * index + 1, { streamtype: type });
    client.data(3, 'grüße ', false);
    client.data(3, 'all', true);
    await closed;
    expect(client.text(5)).toBe('grüße all');
    expect(JSON.parse(client.text(1))).toMatchObject({ status: 'Success' });
    await facade.close();
  });

  it('refuses protocols that it does not know, and survives bytes that are no frames', async () => {
    const facade = new HttpFacade(new FakeSeam());
    const base = await facade.listen();
    expect((await dial(base, 'false', false, 'v99.channel.k8s.io')).head).toContain('403 Forbidden');
    const { client, closed } = await dial(base, 'false', false);
    client.write(Buffer.concat([uint32(0x80030001), uint32(14), uint32(1), uint32(0), Buffer.from('not zlib')]));
    await closed;
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    await facade.close();
  });
});
