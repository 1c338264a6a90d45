/**
 * The writer: records in, frames out, with bounded memory.
 *
 * It holds at most one block of records. Where the bytes go is the caller's business (`ByteSink`): a file, an array, a
 * socket; nothing here waits. A log without its footer is a whole log of an interrupted run.
 */
import { assert } from '../kernel/assert.ts';
import { canonical } from './canonical.ts';
import { RAW, type Codec } from './codec.ts';
import { crc32 } from './crc32.ts';
import { BlockEncoder, type SealedBlock } from './encode.ts';
import { encodeHead, encodeTrailer, FrameType, MAGIC, type FrameHead } from './frame.ts';
import { Chain, hexOf, type Sha256 } from './hash.ts';
import { encodeHeader, type LogHeader } from './header.ts';
import type { Json, LogRecord } from './record.ts';
import { sha256 } from './sha256.ts';
import { encodeSnapshot, encodeTexts } from './snapshot.ts';

/** Takes bytes, in order. The bytes are the sink's once given. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** How many records a block holds at most: large enough to compress well, small enough to decode in 2 ms. */
export const BLOCK_RECORDS = 1024;

export interface WriterOptions {
  readonly codec?: Codec;
  /** The platform's SHA-256, when it has one. */
  readonly sha256?: Sha256;
  readonly blockRecords?: number;
}

/** Where to go on in a log that was interrupted (see {@link LogReader.resumePoint}). */
export interface ResumePoint {
  readonly offset: number;
  readonly records: number;
  readonly time: number;
  readonly chain: Chain;
  readonly sha: Uint8Array;
  readonly totals: Totals;
  readonly index: readonly IndexEntry[];
}

/** A block, a snapshot or texts in the sparse index. */
export interface IndexEntry {
  readonly offset: number;
  readonly seq: number;
  readonly time: number;
  readonly count: number;
  /** The projection's name, for snapshots. */
  readonly snapshot?: string;
  /** True for texts. */
  readonly texts?: true;
}

export interface Totals {
  readonly choices: number;
  readonly facts: number;
  readonly externals: number;
}

/** How a finished log identifies itself. */
export interface Footer {
  readonly records: number;
  /** Virtual time of the last record in µs. */
  readonly time: number;
  /** The run's hash: the chain after the last record, equal at every level. */
  readonly hash: string;
  /** SHA-256 over all blocks, chained. */
  readonly sha256: string;
  readonly totals: Totals;
  /** How the run ended, as the caller tells it. */
  readonly outcome: Json;
  readonly index: readonly IndexEntry[];
}

export class LogWriter {
  readonly header: LogHeader;
  private readonly sink: ByteSink;
  private readonly codec: Codec;
  private readonly makeSha: Sha256;
  private readonly blockRecords: number;
  private readonly encoder: BlockEncoder;
  private readonly index: IndexEntry[];
  private offset = 0;
  private count = 0;
  private time = 0;
  private choices = 0;
  private facts = 0;
  private externals = 0;
  private textCount = 0;
  private sha: Uint8Array;
  private isClosed = false;

  constructor(sink: ByteSink, header: LogHeader, options: WriterOptions = {}, resume?: ResumePoint) {
    this.sink = sink;
    this.header = header;
    this.codec = options.codec ?? RAW;
    this.makeSha = options.sha256 ?? sha256;
    this.blockRecords = options.blockRecords ?? BLOCK_RECORDS;
    this.encoder = new BlockEncoder(header.level, resume?.chain.fork() ?? new Chain());
    this.sha = resume?.sha ?? new Uint8Array(32);
    this.index = [...(resume?.index ?? [])];
    for (const { texts, count } of this.index) if (texts === true) this.textCount += count;
    if (resume === undefined) {
      this.emit(MAGIC);
      this.frame(FrameType.header, encodeHeader(header), {});
      return;
    }
    this.offset = resume.offset;
    this.count = resume.records;
    this.time = resume.time;
    this.choices = resume.totals.choices;
    this.facts = resume.totals.facts;
    this.externals = resume.totals.externals;
  }

  /** How many records were appended. */
  get records(): number {
    return this.count;
  }

  /** How many bytes went to the sink. */
  get bytes(): number {
    return this.offset;
  }

  /** Appends one record. Throws NotCanonical for one that cannot be logged. Bind it as the kernel's sink. */
  append(record: LogRecord): void {
    assert(!this.isClosed, 'a closed log takes no records');
    assert(record.seq === this.count, `record #${record.seq} follows #${this.count - 1}`);
    assert(record.time >= this.time, `record #${record.seq} is not earlier than the one before`);
    this.encoder.append(record);
    this.count++;
    this.time = record.time;
    this.choices += record.choices.length;
    this.facts += record.facts.length;
    if (record.external === true) this.externals++;
    if (this.encoder.length >= this.blockRecords) this.flush();
  }

  /** Writes what waits, as a short block. A reader then sees all records so far. */
  flush(): void {
    if (this.encoder.length > 0) this.writeBlock(this.encoder.seal());
  }

  /** Writes a snapshot of a projection at the current position. Optional: it saves time when seeking, nothing else. */
  snapshot(name: string, state: Json): void {
    this.flush();
    this.index.push({ offset: this.offset, seq: this.count, time: this.time, count: 0, snapshot: name });
    this.frame(FrameType.snapshot, encodeSnapshot(name, state), { seq: this.count, time: this.time });
  }

  /** How many texts were written: the number of the next one. */
  get texts(): number {
    return this.textCount;
  }

  /** Writes large parts of snapshots, which a reader reads when somebody looks at them. They are numbered through the log. */
  keepTexts(texts: readonly string[]): void {
    this.flush();
    this.index.push({ offset: this.offset, seq: this.count, time: this.time, count: texts.length, texts: true });
    this.frame(FrameType.texts, encodeTexts(texts), { seq: this.count, time: this.time, count: texts.length });
    this.textCount += texts.length;
  }

  /** Copies a frame of an optional type that this version does not know, as it is. */
  foreign(head: FrameHead, stored: Uint8Array): void {
    this.flush();
    this.emit(encodeHead(head));
    this.emit(stored);
  }

  /** The run's hash so far. Seals the current block. */
  hash(): string {
    this.flush();
    return this.encoder.chain.hex();
  }

  /** Ends the log. `outcome` says how the run ended. */
  close(outcome: Json = null): Footer {
    assert(!this.isClosed, 'a log is closed once');
    this.flush();
    this.isClosed = true;
    const footer: Footer = {
      records: this.count,
      time: this.time,
      hash: this.encoder.chain.hex(),
      sha256: hexOf(this.sha),
      totals: { choices: this.choices, facts: this.facts, externals: this.externals },
      outcome,
      index: this.index,
    };
    const at = this.offset;
    this.frame(FrameType.footer, new TextEncoder().encode(canonical({ ...footer, index: pack(this.index) })), { seq: this.count, time: this.time });
    this.emit(encodeTrailer(at));
    return footer;
  }

  private writeBlock(block: SealedBlock): void {
    const sha = this.makeSha();
    sha.update(this.sha);
    sha.update(block.body);
    this.sha = sha.digest();
    this.index.push({ offset: this.offset, seq: block.seq, time: block.time, count: block.count });
    this.frame(FrameType.block, block.body, {
      seq: block.seq,
      time: block.time,
      count: block.count,
      chainA: block.chain.a,
      chainB: block.chain.b,
      sha: this.sha,
    });
  }

  private frame(type: number, raw: Uint8Array, fields: Partial<FrameHead>): void {
    // The header stays raw, so that every reader can at least say what a log is.
    const codec = type === FrameType.header ? RAW : this.codec;
    const stored = codec === RAW ? raw.slice() : codec.encode(raw);
    const head: FrameHead = {
      type,
      codec: codec.id,
      storedLength: stored.length,
      rawLength: raw.length,
      crc: crc32(stored),
      count: 0,
      seq: 0,
      time: 0,
      chainA: 0,
      chainB: 0,
      sha: new Uint8Array(32),
      ...fields,
    };
    this.emit(encodeHead(head));
    this.emit(stored);
  }

  private emit(bytes: Uint8Array): void {
    this.offset += bytes.length;
    this.sink.write(bytes);
  }
}

/** The index as columns of differences: four numbers a block, about six bytes each. A fifth is a snapshot's name, or true for texts. */
function pack(index: readonly IndexEntry[]): Json {
  const rows: Json[] = [];
  let offset = 0;
  let time = 0;
  for (const entry of index) {
    const row: Json[] = [entry.offset - offset, entry.seq, entry.time - time, entry.count];
    const mark = entry.snapshot ?? entry.texts;
    rows.push(mark === undefined ? row : [...row, mark]);
    offset = entry.offset;
    time = entry.time;
  }
  return rows;
}

/** The index that {@link LogWriter.close} packed. */
export function unpack(rows: Json): IndexEntry[] {
  assert(Array.isArray(rows), 'an index is a list');
  const index: IndexEntry[] = [];
  let offset = 0;
  let time = 0;
  for (const row of rows as readonly (readonly [number, number, number, number, (string | true)?])[]) {
    offset += row[0];
    time += row[2];
    const entry = { offset, seq: row[1], time, count: row[3] };
    index.push(row[4] === undefined ? entry : row[4] === true ? { ...entry, texts: true } : { ...entry, snapshot: row[4] });
  }
  return index;
}
