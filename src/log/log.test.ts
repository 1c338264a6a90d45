import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from './crc32.ts';
import { CorruptLog, decodeHead, encodeHead, HEAD_SIZE, MAGIC, type FrameHead } from './frame.ts';
import { encodeHeader, makeHeader, UnsupportedLog, type LogHeader } from './header.ts';
import { BROTLI, continueLog, createLog, nodeSha256, openLog } from './node.ts';
import { LogReader } from './reader.ts';
import type { Level, LogRecord } from './record.ts';
import { bytesSource } from './recover.ts';
import { LogWriter, type WriterOptions } from './writer.ts';

const HEADER = makeHeader({ model: { name: 'toy', fingerprint: 'f00d' }, config: { nodes: 3 }, seed: '7' });

function sample(seq: number): LogRecord {
  const external = seq % 11 === 5;
  return {
    seq,
    time: seq * 1000 + 2 ** 33 * Math.floor(seq / 3),
    via: external ? 'input' : seq === 0 ? 'start' : seq % 7 === 3 ? 'timer' : 'message',
    actor: `actor-${seq % 4}`,
    kind: external ? 'apply' : `kind-${seq % 3}`,
    cause: external ? -1 : seq - 1,
    ...(seq % 2 === 0 ? { from: `actor-${(seq + 1) % 4}` } : {}),
    choices: seq % 3 === 0 ? [{ kind: 'latency', n: 2 ** 32, value: 2 ** 32 - 1 - seq }] : [],
    facts: seq % 5 === 0 ? [] : [{ kind: 'put', data: { key: `k${seq}`, text: seq % 6 === 0 ? 'grüße 🎈' : 'plain' } }],
    digest: (seq * 2654435761) >>> 0,
    ...(external ? { external: true as const, message: { kind: 'apply', n: seq } } : {}),
  };
}

function written(count: number, options: WriterOptions = {}, header: LogHeader = HEADER, close = true): Uint8Array {
  const chunks: Uint8Array[] = [];
  const writer = new LogWriter({ write: (bytes) => void chunks.push(bytes) }, header, { blockRecords: 8, ...options });
  for (let i = 0; i < count; i++) writer.append(sample(i));
  if (close) writer.close({ kind: 'idle' });
  else writer.flush();
  return Buffer.concat(chunks);
}

const ordered = (record: LogRecord): unknown => JSON.parse(JSON.stringify(record));

describe('the log', () => {
  it.each(['raw', 'brotli'])('gives back what was written (%s)', (codec) => {
    const bytes = written(100, codec === 'raw' ? {} : { codec: BROTLI, sha256: nodeSha256 });
    const reader = new LogReader(bytesSource(bytes), { codecs: [BROTLI] });
    expect(reader.header).toEqual(HEADER);
    expect([...reader.records()].map(ordered)).toEqual(Array.from({ length: 100 }, (_, i) => ordered(sample(i))));
    expect(reader.at(57)).toEqual(sample(57));
    expect(reader.verify()).toMatchObject({ records: 100, hash: reader.footer?.hash, sha256: reader.footer?.sha256, dropped: 0 });
  });

  it('has one hash, whatever the level, the codec and the size of blocks', () => {
    const hashes = new Set<string>();
    for (const level of ['inputs', 'facts', 'full'] as Level[]) {
      for (const options of [{}, { codec: BROTLI }, { blockRecords: 3 }, { blockRecords: 1000 }]) {
        hashes.add(new LogReader(bytesSource(written(50, options, { ...HEADER, level })), { codecs: [BROTLI] }).hash);
      }
    }
    expect(hashes.size).toBe(1);
  });

  it('keeps at level inputs only what came from outside, the choices and a check of each record', () => {
    const reader = new LogReader(bytesSource(written(40, {}, { ...HEADER, level: 'inputs' })));
    for (const view of reader.views()) {
      expect(view.checks).toHaveLength(view.count);
      for (let i = 0; i < view.count; i++) {
        const original = sample(view.seq + i);
        const kept = original.external === true ? 'whole' : original.choices.length > 0 ? 'choices' : 'omitted';
        expect(view.kept(i)).toBe(kept);
        expect(view.choicesOf(i)).toEqual(original.choices);
        if (kept === 'whole') expect(view.record(i)).toEqual(original);
      }
    }
  });

  it('knows the hash before each record', () => {
    const reader = new LogReader(bytesSource(written(30)));
    for (let i = 0; i <= 30; i++) {
      const prefix = new LogReader(bytesSource(written(i)));
      expect(reader.hashBefore(i)).toBe(prefix.hash);
    }
  });

  it('finds positions by time', () => {
    const bytes = written(90);
    const reader = new LogReader(bytesSource(bytes));
    const times = [...reader.records()].map((record) => record.time);
    fc.assert(
      fc.property(fc.nat(times[89] as number), (time) => {
        expect(reader.positionAfter(time)).toBe(times.filter((each) => each <= time).length);
      }),
    );
  });

  it('reports any flipped bit with an offset', () => {
    const bytes = written(20);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      let caught: unknown;
      try {
        new LogReader(bytesSource(damaged)).verify();
      } catch (error) {
        caught = error;
      }
      expect(caught, `bit ${bit & 7} of byte ${bit >> 3}`).toBeInstanceOf(CorruptLog);
      // The offset is that of the head, body, trailer or file start which holds the bit.
      expect((caught as CorruptLog).offset).toBeLessThanOrEqual(bit >> 3);
    }
  });

  it('opens a file that was torn anywhere, and says how many bytes were dropped', () => {
    const bytes = written(20, { blockRecords: 1 });
    const whole = new LogReader(bytesSource(bytes));
    const starts = whole.blocks.map((block) => block.offset);
    for (let size = starts[16] as number; size < bytes.length; size++) {
      const reader = new LogReader(bytesSource(bytes.subarray(0, size)));
      expect(reader.tail.isClosed).toBe(false);
      expect(reader.length).toBeGreaterThanOrEqual(16);
      expect(reader.tail.end + reader.tail.dropped).toBe(size);
      expect(reader.verify().records).toBe(reader.length);
      expect(reader.hash).toBe(whole.hashBefore(reader.length));
    }
  });

  it('refuses damage in the middle with offset and record, and defines tiny files', () => {
    const bytes = written(40);
    const third = new LogReader(bytesSource(bytes)).blocks[2];
    const damaged = bytes.slice();
    damaged[(third?.offset ?? 0) + HEAD_SIZE + 5] = 0xff;
    const reader = new LogReader(bytesSource(damaged));
    expect([...reader.records(0, 16)]).toHaveLength(16);
    expect(() => reader.at(17)).toThrow(expect.objectContaining({ offset: (third?.offset ?? 0) + HEAD_SIZE, seq: 16 }));
    expect(() => new LogReader(bytesSource(new Uint8Array(0)))).toThrow('the file is empty');
    expect(() => new LogReader(bytesSource(MAGIC.slice(0, 3)))).toThrow('within its first eight bytes');
    expect(() => new LogReader(bytesSource(bytes.subarray(0, 100)))).toThrow('within the header');
    expect(() => new LogReader(bytesSource(new TextEncoder().encode('apiVersion: v1')))).toThrow('not a log');
    const empty = new LogReader(bytesSource(written(0, {}, HEADER, false)));
    expect([empty.length, empty.tail.isClosed, [...empty.records()]]).toEqual([0, false, []]);
  });

  it('takes a tail of zeros for a tear', () => {
    const bytes = written(16, {}, HEADER, false);
    const reader = new LogReader(bytesSource(Buffer.concat([bytes, new Uint8Array(5000)])));
    expect([reader.length, reader.tail.dropped]).toEqual([16, 5000]);
  });

  it('goes on where a run was interrupted', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-'));
    try {
      const path = join(folder, 'run.ktlog');
      const first = createLog(path, HEADER, { blockRecords: 4 });
      for (let i = 0; i < 10; i++) first.writer.append(sample(i));
      first.end();
      truncateSync(path, readFileSync(path).length - 3);
      const torn = openLog(path);
      expect(torn.reader.length).toBe(4);
      const more = continueLog(path, torn.reader.header, torn.reader.resumePoint(), { blockRecords: 4 });
      torn.close();
      for (let i = 4; i < 25; i++) more.writer.append(sample(i));
      const footer = more.writer.close();
      more.end();
      const { reader, close } = openLog(path);
      expect(reader.verify()).toMatchObject({ records: 25, hash: footer.hash, dropped: 0 });
      expect(footer.hash).toBe(new LogReader(bytesSource(written(25))).hash);
      expect(footer.totals).toEqual(new LogReader(bytesSource(written(25))).footer?.totals);
      close();
      writeFileSync(path, '');
      expect(() => openLog(path)).toThrow(CorruptLog);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('writes and finds snapshots, which change nothing else', () => {
    const chunks: Uint8Array[] = [];
    const writer = new LogWriter({ write: (bytes) => void chunks.push(bytes) }, HEADER);
    for (let i = 0; i < 30; i++) {
      if (i % 10 === 0) writer.snapshot('sum', { sum: i });
      writer.append(sample(i));
    }
    writer.close();
    const reader = new LogReader(bytesSource(Buffer.concat(chunks)));
    expect(reader.snapshotBefore('sum', 29)).toMatchObject({ seq: 20, state: { sum: 20 } });
    expect(reader.snapshotBefore('sum', 20)?.seq).toBe(20);
    expect(reader.snapshotBefore('sum', 19)?.seq).toBe(10);
    expect(reader.snapshotBefore('other', 19)).toBeUndefined();
    const texts: Uint8Array[] = [];
    const other = new LogWriter({ write: (bytes) => void texts.push(bytes) }, HEADER);
    for (let i = 0; i < 30; i++) other.append(sample(i));
    other.keepTexts(['{"ä":1}', 'two\nlines']);
    other.snapshot('texts', { first: 0, second: 1 });
    other.keepTexts(['three']);
    other.snapshot('texts', { first: 0, second: 2 });
    for (const bytes of [Buffer.concat(texts), (other.close(), Buffer.concat(texts))]) {
      const again = new LogReader(bytesSource(bytes));
      expect(again.snapshotBefore('texts', 30)?.state).toEqual({ first: 0, second: 2 });
      expect([0, 1, 2].map((number) => again.text(number))).toEqual(['{"ä":1}', 'two\nlines', 'three']);
      expect(() => again.text(3)).toThrow(RangeError);
      expect(again.verify().records).toBe(30);
    }
    expect(reader.hash).toBe(new LogReader(bytesSource(written(30))).hash);
  });

  it('refuses headers it must not guess, names the version, and keeps members it does not know', () => {
    const open = (header: object): LogReader => new LogReader(bytesSource(written(3, {}, header as LogHeader)));
    expect(() => open({ ...HEADER, format: 99, engine: '9.0.0' })).toThrow(expect.objectContaining({ name: 'UnsupportedLog', needs: '9.0.0' }));
    expect(() => open({ ...HEADER, requires: [{ feature: 'telepathy/1', version: '2.5.0' }] })).toThrow(expect.objectContaining({ needs: '2.5.0' }));
    expect(() => open({ ...HEADER, flags: [1, 400], engine: '3.0.0' })).toThrow(UnsupportedLog);
    const future = open({ ...HEADER, comment: { by: 'a later version' } });
    const again = new LogReader(bytesSource(written(3, {}, future.header)));
    expect((again.header as unknown as { comment: unknown }).comment).toEqual({ by: 'a later version' });
  });

  it('skips frames of optional types and keeps them for copies; refuses required ones', () => {
    const base = written(10, {}, HEADER, false);
    const body = new TextEncoder().encode('from the future');
    const frame = (type: number): Uint8Array => {
      const start = MAGIC.length;
      const head: FrameHead = { ...decodeHead(base.subarray(start, start + HEAD_SIZE), start), type, storedLength: body.length, rawLength: body.length, crc: crc32(body) };
      return Buffer.concat([encodeHead(head), body]);
    };
    const optional = new LogReader(bytesSource(Buffer.concat([base, frame(200)])));
    expect(optional.verify().records).toBe(10);
    expect(optional.foreign().map((each) => new TextDecoder().decode(each.stored))).toEqual(['from the future']);
    expect(() => new LogReader(bytesSource(Buffer.concat([base, frame(77)])))).toThrow(UnsupportedLog);
  });

  it('writes headers without anything of the machine', () => {
    expect(new TextDecoder().decode(encodeHeader(HEADER))).toMatchInlineSnapshot(
      `"{"config":{"nodes":3},"engine":"0.1.0","flags":[1],"format":1,"level":"facts","model":{"fingerprint":"f00d","name":"toy"},"plan":null,"requires":[{"feature":"blocks/1","version":"0.1.0"},{"feature":"levels/1","version":"0.1.0"}],"runtime":{},"seed":"7"}"`,
    );
  });
});
