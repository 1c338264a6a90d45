/**
 * Header blocks: names and values, compressed with one zlib stream a direction for the whole connection.
 *
 * What the peer sends is inflated with its dictionary. What goes out is put into stored blocks, which every inflater
 * reads: answers carry no headers worth compressing, and nothing has to wait for a compressor.
 */
import { createInflate, type Inflate } from 'node:zlib';
import { DICTIONARY } from './dictionary.ts';

export type Headers = Readonly<Record<string, string>>;

/** More than any header block of a Kubernetes client. */
const BLOCK_MAX = 1024 * 1024;

export class HeaderReader {
  private readonly inflate: Inflate = createInflate({ dictionary: DICTIONARY });

  /** Inflates one block. Blocks must be given in their order. */
  read(block: Buffer): Promise<Headers> {
    return new Promise((resolve, reject) => {
      const { inflate } = this;
      const fail = (error: Error): void => reject(error);
      inflate.once('error', fail);
      inflate.write(block, () => {
        inflate.off('error', fail);
        try {
          resolve(parse((inflate.read() as Buffer | null) ?? Buffer.alloc(0)));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  close(): void {
    this.inflate.on('error', () => undefined);
    this.inflate.destroy();
  }
}

function parse(bytes: Buffer): Headers {
  if (bytes.length > BLOCK_MAX) throw new Error('header block is too large');
  const headers: Record<string, string> = {};
  let at = 4;
  const text = (): string => {
    const length = bytes.readUInt32BE(at);
    if (at + 4 + length > bytes.length) throw new Error('header block is cut off');
    at += 4 + length;
    return bytes.toString('latin1', at - length, at);
  };
  for (let left = bytes.readUInt32BE(0); left > 0; left--) {
    const name = text().toLowerCase();
    const value = text();
    if (name !== '__proto__') headers[name] = value;
  }
  return headers;
}

/** Writes blocks in the order of their calls. */
export class HeaderWriter {
  private isFirst = true;

  write(headers: Headers): Buffer {
    const entries = Object.entries(headers);
    const parts: Buffer[] = [uint32(entries.length)];
    for (const [name, value] of entries) parts.push(uint32(Buffer.byteLength(name)), Buffer.from(name), uint32(Buffer.byteLength(value)), Buffer.from(value));
    const content = Buffer.concat(parts);
    // A stored block, and an empty one after it, as Z_SYNC_FLUSH ends what it writes.
    const head = Buffer.alloc(5);
    head.writeUInt16LE(content.length, 1);
    head.writeUInt16LE(~content.length & 0xffff, 3);
    const prefix = this.isFirst ? Buffer.from([0x78, 0x01]) : Buffer.alloc(0);
    this.isFirst = false;
    return Buffer.concat([prefix, head, content, Buffer.from([0, 0, 0, 0xff, 0xff])]);
  }
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
