/**
 * The reader: random and sequential access to a log, with bounded memory.
 *
 * Opening reads the header, the footer and its sparse index; a log without a footer is walked head by head. Blocks are
 * read, checked and decoded when somebody needs them, and a few are kept. Frames of optional types that this version does not
 * know are skipped.
 */
import { assert } from '../kernel/assert.ts';
import { parse } from './canonical.ts';
import { codecOf, type Codec } from './codec.ts';
import { BlockView } from './decode.ts';
import { CorruptLog, decodeHead, decodeTrailer, FrameType, HEAD_SIZE, MAGIC, TRAILER_SIZE, type FrameHead } from './frame.ts';
import { Chain, hexOf, type Sha256 } from './hash.ts';
import { decodeHeader, UnsupportedLog, type LogHeader } from './header.ts';
import type { Json, LogRecord } from './record.ts';
import { checkBody, checkMagic, walk, type ByteSource, type PlacedFrame } from './recover.ts';
import { sha256 } from './sha256.ts';
import { decodeSnapshot, Texts, type Snapshot } from './snapshot.ts';
import { unpack, type Footer, type IndexEntry, type ResumePoint, type Totals } from './writer.ts';

/** So many bytes of texts are kept: those of one large state. */
const TEXTS_KEPT = 32 * 2 ** 20;

export interface ReaderOptions {
  /** Codecs besides the raw one. */
  readonly codecs?: readonly Codec[];
  readonly sha256?: Sha256;
  /** How many decoded blocks are kept. */
  readonly blocksKept?: number;
}

/** What opening found out about the end of the file. */
export interface Tail {
  /** False when the run was interrupted: there is no footer. */
  readonly isClosed: boolean;
  /** Bytes after the last whole frame. */
  readonly dropped: number;
  /** Where the whole frames end. */
  readonly end: number;
}

/** What {@link LogReader.verify} counted. */
export interface Verified {
  readonly records: number;
  readonly hash: string;
  readonly sha256: string;
  readonly dropped: number;
}

export class LogReader {
  readonly header: LogHeader;
  readonly tail: Tail;
  /** The footer, when the log was closed. */
  readonly footer: Footer | undefined;
  /** How many records there are. */
  readonly length: number;
  readonly blocks: readonly IndexEntry[];
  readonly snapshots: readonly IndexEntry[];
  private readonly texts: readonly IndexEntry[];
  private readonly source: ByteSource;
  private readonly codecs: readonly Codec[];
  private readonly makeSha: Sha256;
  private readonly blocksKept: number;
  private readonly cache = new Map<number, BlockView>();
  private readonly textCache = new Map<number, Texts>();
  private textBytes = 0;

  /** Opens a log. Throws CorruptLog or UnsupportedLog. */
  constructor(source: ByteSource, options: ReaderOptions = {}) {
    this.source = source;
    this.codecs = options.codecs ?? [];
    this.makeSha = options.sha256 ?? sha256;
    this.blocksKept = options.blocksKept ?? 16;
    checkMagic(source);
    this.header = this.readHeader();
    const footerAt = this.findFooter();
    this.footer = footerAt === undefined ? undefined : this.readFooter(footerAt);
    let index = this.footer?.index ?? [];
    if (this.footer === undefined) {
      const found = walk(source, false);
      this.tail = { isClosed: false, dropped: found.dropped, end: found.end };
      index = this.indexOf(found.frames);
    } else this.tail = { isClosed: true, dropped: 0, end: source.size };
    this.blocks = index.filter((entry) => entry.snapshot === undefined && entry.texts === undefined);
    this.snapshots = index.filter((entry) => entry.snapshot !== undefined);
    this.texts = index.filter((entry) => entry.texts === true);
    const last = this.blocks[this.blocks.length - 1];
    this.length = last === undefined ? 0 : last.seq + last.count;
  }

  /** The run's hash: the chain after the last record. */
  get hash(): string {
    return this.hashBlock(this.blocks.length - 1);
  }

  /** The chain hash after record `seq - 1`, that is before record `seq`. */
  hashBefore(seq: number): string {
    return this.chainBefore(seq).hex();
  }

  /** One record. `seq` is in [0, length). */
  at(seq: number): LogRecord {
    const block = this.blockOf(seq);
    return block.record(seq - block.seq);
  }

  /** The records of [from, to), one block at a time in memory. */
  *records(from = 0, to: number = this.length): Generator<LogRecord, void, undefined> {
    for (const block of this.views(from, to)) {
      const end = Math.min(block.count, to - block.seq);
      for (let i = Math.max(0, from - block.seq); i < end; i++) yield block.record(i);
    }
  }

  /** The blocks that hold [from, to). */
  *views(from = 0, to: number = this.length): Generator<BlockView, void, undefined> {
    if (from >= to) return;
    for (let i = this.blockIndex(from); i < this.blocks.length && (this.blocks[i] as IndexEntry).seq < to; i++) {
      yield this.view(i);
    }
  }

  /** The decoded block that holds `seq`. */
  blockOf(seq: number): BlockView {
    assert(Number.isInteger(seq) && seq >= 0 && seq < this.length, `record #${seq} is in the log (#0 to #${this.length - 1})`);
    return this.view(this.blockIndex(seq));
  }

  /** The first record later than `time` (µs): the position at which everything up to `time` has happened. */
  positionAfter(time: number): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.blocks[middle] as IndexEntry).time <= time) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const block = this.view(low - 1);
    let i = block.count;
    while (i > 0 && (block.times[i - 1] as number) > time) i--;
    return block.seq + i;
  }

  /** The virtual time of a position in µs: that of the record before it. */
  timeOf(position: number): number {
    if (position <= 0 || this.length === 0) return 0;
    const block = this.blockOf(Math.min(position, this.length) - 1);
    return block.times[Math.min(position, this.length) - 1 - block.seq] as number;
  }

  /** The newest snapshot of the projection `name` at or before `position`. */
  snapshotBefore(name: string, position: number): (Snapshot & { readonly seq: number }) | undefined {
    for (let i = this.snapshots.length - 1; i >= 0; i--) {
      const entry = this.snapshots[i] as IndexEntry;
      if (entry.seq > position || entry.snapshot !== name) continue;
      return { seq: entry.seq, ...this.snapshotAt(entry.offset, entry.seq) };
    }
    return undefined;
  }

  /** One of the texts that snapshots speak of. */
  text(number: number): string {
    let first = 0;
    for (let i = 0; i < this.texts.length; i++) {
      const { count } = this.texts[i] as IndexEntry;
      if (number < first + count) return this.textsAt(i).at(number - first);
      first += count;
    }
    throw new RangeError(`the log has ${first} texts, so there is none with the number ${number}`);
  }

  /** Reads everything and checks every hash. Throws {@link CorruptLog} at the first thing that is wrong. */
  verify(): Verified {
    const found = walk(this.source, true);
    const chain = new Chain();
    let sha = new Uint8Array(32) as Uint8Array;
    let seq = 0;
    for (const { offset, head } of found.frames) {
      if (head.type !== FrameType.block) continue;
      const { body } = this.body(offset, seq);
      const next = this.makeSha();
      next.update(sha);
      next.update(body);
      sha = next.digest();
      if (hexOf(sha) !== hexOf(head.sha)) throw new CorruptLog('a block does not follow from the one before (SHA-256)', offset, seq);
      this.verifyChain(chain, this.decode(offset, head, body), head, offset);
      seq += head.count;
    }
    if (this.footer !== undefined && (this.footer.hash !== chain.hex() || this.footer.records !== seq)) {
      throw new CorruptLog('the footer does not belong to these records', found.end, seq);
    }
    return { records: seq, hash: chain.hex(), sha256: hexOf(sha), dropped: found.dropped };
  }

  /** Where a writer can go on: after the last whole block. Only for a log that was not closed. */
  resumePoint(): ResumePoint {
    assert(!this.tail.isClosed, 'a closed log is not continued: fork it');
    let totals: Totals = { choices: 0, facts: 0, externals: 0 };
    for (const view of this.views()) totals = addTotals(totals, view);
    const head = this.lastHead();
    return {
      offset: this.tail.end,
      records: this.length,
      time: this.timeOf(this.length),
      chain: head === undefined ? new Chain() : new Chain(head.chainA, head.chainB),
      sha: head?.sha ?? new Uint8Array(32),
      totals,
      index: [...this.blocks, ...this.snapshots, ...this.texts].sort((x, y) => x.offset - y.offset),
    };
  }

  /** Frames of optional types that this version does not know, with their stored bodies. */
  foreign(): { readonly head: FrameHead; readonly stored: Uint8Array; readonly seq: number }[] {
    const found: { head: FrameHead; stored: Uint8Array; seq: number }[] = [];
    let seq = 0;
    for (const { offset, head } of walk(this.source, false).frames) {
      if (head.type === FrameType.block) seq += head.count;
      const isKnown = (Object.values(FrameType) as number[]).includes(head.type);
      if (!isKnown) found.push({ head, stored: checkBody(this.source, offset, head, seq), seq });
    }
    return found;
  }

  private verifyChain(chain: Chain, view: BlockView, head: FrameHead, offset: number): void {
    if (this.header.level === 'inputs') {
      chain.a = head.chainA;
      chain.b = head.chainB;
      return;
    }
    view.rehash(chain);
    if (chain.a !== head.chainA || chain.b !== head.chainB) {
      throw new CorruptLog('the records of a block do not hash to what its head says', offset, head.seq);
    }
  }

  private readHeader(): LogHeader {
    const offset = MAGIC.length;
    if (this.source.size < offset + HEAD_SIZE) throw new CorruptLog('the file ends within the header: nothing to recover', this.source.size, 0);
    const head = decodeHead(this.source.read(offset, HEAD_SIZE), offset, 0);
    if (head.type !== FrameType.header) throw new CorruptLog('a log begins with its header', offset, 0);
    if (this.source.size < offset + HEAD_SIZE + head.storedLength) {
      throw new CorruptLog('the file ends within the header: nothing to recover', this.source.size, 0);
    }
    return decodeHeader(checkBody(this.source, offset, head, 0), offset);
  }

  private findFooter(): number | undefined {
    const { size } = this.source;
    if (size < MAGIC.length + TRAILER_SIZE) return undefined;
    const at = decodeTrailer(this.source.read(size - TRAILER_SIZE, TRAILER_SIZE));
    return at === undefined || at + HEAD_SIZE > size ? undefined : at;
  }

  private readFooter(offset: number): Footer {
    const { head, body } = this.body(offset, undefined);
    if (head.type !== FrameType.footer) throw new CorruptLog('the trailer points to something else than the footer', offset);
    const footer = parse(new TextDecoder().decode(body)) as Footer & { index: Json };
    return { ...footer, index: unpack(footer.index) };
  }

  private indexOf(frames: readonly PlacedFrame[]): IndexEntry[] {
    const entries: IndexEntry[] = [];
    for (const { offset, head } of frames) {
      const entry = { offset, seq: head.seq, time: head.time, count: head.count };
      if (head.type === FrameType.block) entries.push(entry);
      else if (head.type === FrameType.snapshot) {
        entries.push({ ...entry, snapshot: this.snapshotAt(offset, head.seq).name });
      } else if (head.type === FrameType.texts) {
        entries.push({ ...entry, texts: true });
      } else if (head.type < 128 && head.type !== FrameType.header && head.type !== FrameType.footer) {
        throw new UnsupportedLog(`it has frames of type ${head.type}`, this.header.engine);
      }
    }
    return entries;
  }

  private snapshotAt(offset: number, seq: number): Snapshot {
    const { body } = this.body(offset, seq);
    try {
      return decodeSnapshot(body);
    } catch (error) {
      throw new CorruptLog(`a snapshot cannot be decoded: ${(error as Error).message}`, offset, seq);
    }
  }

  private textsAt(i: number): Texts {
    const cached = this.textCache.get(i);
    if (cached !== undefined) {
      this.textCache.delete(i);
      this.textCache.set(i, cached);
      return cached;
    }
    const { offset, seq } = this.texts[i] as IndexEntry;
    const { body } = this.body(offset, seq);
    let texts: Texts;
    try {
      texts = new Texts(body);
    } catch (error) {
      throw new CorruptLog(`texts cannot be decoded: ${(error as Error).message}`, offset, seq);
    }
    this.textCache.set(i, texts);
    this.textBytes += texts.bytes;
    for (const [oldest, { bytes }] of this.textCache) {
      if (this.textBytes <= TEXTS_KEPT || oldest === i) break;
      this.textCache.delete(oldest);
      this.textBytes -= bytes;
    }
    return texts;
  }

  private body(offset: number, seq: number | undefined): { readonly head: FrameHead; readonly body: Uint8Array } {
    if (offset + HEAD_SIZE > this.source.size) throw new CorruptLog('the index points beyond the end', offset, seq);
    const head = decodeHead(this.source.read(offset, HEAD_SIZE), offset, seq);
    if (offset + HEAD_SIZE + head.storedLength > this.source.size) throw new CorruptLog('a frame ends too early', offset, seq);
    const stored = checkBody(this.source, offset, head, seq);
    const codec = codecOf(head.codec, this.codecs, offset);
    let body: Uint8Array;
    try {
      body = codec.decode(stored, head.rawLength);
    } catch (error) {
      throw new CorruptLog(`a body cannot be unpacked (${codec.name}): ${(error as Error).message}`, offset, seq);
    }
    if (body.length !== head.rawLength) throw new CorruptLog('a body has another length than its head says', offset, seq);
    return { head, body };
  }

  private decode(offset: number, head: FrameHead, body: Uint8Array): BlockView {
    try {
      return new BlockView(body, head.seq, head.count, head.time);
    } catch (error) {
      throw new CorruptLog(`a block cannot be decoded: ${(error as Error).message}`, offset, head.seq);
    }
  }

  private view(i: number): BlockView {
    const cached = this.cache.get(i);
    if (cached !== undefined) {
      this.cache.delete(i);
      this.cache.set(i, cached);
      return cached;
    }
    const entry = this.blocks[i] as IndexEntry;
    const { head, body } = this.body(entry.offset, entry.seq);
    if (head.type !== FrameType.block || head.seq !== entry.seq) throw new CorruptLog('the index points to another frame', entry.offset, entry.seq);
    const view = this.decode(entry.offset, head, body);
    this.cache.set(i, view);
    if (this.cache.size > this.blocksKept) for (const oldest of this.cache.keys()) {
      this.cache.delete(oldest);
      break;
    }
    return view;
  }

  /** The index of the block that holds `seq`, by bisection. */
  private blockIndex(seq: number): number {
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.blocks[middle] as IndexEntry).seq <= seq) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private headOf(i: number): FrameHead {
    const { offset, seq } = this.blocks[i] as IndexEntry;
    return decodeHead(this.source.read(offset, HEAD_SIZE), offset, seq);
  }

  private lastHead(): FrameHead | undefined {
    return this.blocks.length === 0 ? undefined : this.headOf(this.blocks.length - 1);
  }

  private hashBlock(i: number): string {
    if (i < 0) return new Chain().hex();
    const head = this.headOf(i);
    return new Chain(head.chainA, head.chainB).hex();
  }

  private chainBefore(seq: number): Chain {
    if (seq >= this.length) return Chain.parse(this.hash);
    const i = this.blockIndex(seq);
    const chain = Chain.parse(this.hashBlock(i - 1));
    if (this.blocks[i]?.seq === seq) return chain;
    const view = this.view(i);
    assert(this.header.level !== 'inputs', 'the hash between blocks is known at the levels facts and full');
    let found = chain;
    view.rehash(chain, (k) => {
      if (view.seq + k === seq - 1) found = chain.fork();
    });
    return found;
  }
}

function addTotals(totals: Totals, view: BlockView): Totals {
  let { choices, facts, externals } = totals;
  for (let i = 0; i < view.count; i++) {
    choices += view.choicesOf(i).length;
    facts += view.kept(i) === 'whole' ? view.factKindsOf(i).length : 0;
    if (view.kept(i) === 'whole' && view.isExternal(i)) externals++;
  }
  return { choices, facts, externals };
}
