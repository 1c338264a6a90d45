/**
 * Encoding: records become blocks, and each record moves the chain hash on.
 *
 * A record's facts and message are turned into canonical text when it is appended, so a value that cannot be logged is refused
 * at the step that made it. All else is done when a block is sealed: strings become numbers of a dictionary that the block
 * carries itself, columns become varints, and all text is encoded in one go. That is what keeps a logged record at a few
 * microseconds. The chain hash covers what every level knows, so a run has the same hash at each level.
 */
import { ByteWriter } from './bytes.ts';
import { canonical } from './canonical.ts';
import { Chain, hashName } from './hash.ts';
import { CHOICES_ONLY, Mark, OMITTED, Section, VIAS } from './layout.ts';
import type { Json, Level, LogRecord } from './record.ts';

/** A string of the run with what is computed once. */
interface Name {
  readonly bytes: Uint8Array;
  readonly hash: number;
  /** The last block that has it in its dictionary, and where. */
  block: number;
  id: number;
}

/** More names than this and the memory of them starts anew. */
const NAMES_MAX = 200_000;

/** A block, ready to be framed. */
export interface SealedBlock {
  readonly body: Uint8Array;
  readonly count: number;
  readonly seq: number;
  readonly time: number;
  /** The chain after the last record. */
  readonly chain: Chain;
  /** At level `inputs`: the low byte of the chain after each record. */
  readonly checks: Uint8Array;
}

const ENCODER = new TextEncoder();

/**
 * A message as text. Inputs and control events are canonical, because the chain hashes them. Others keep the order of their members, which
 * an actor may see: one that is replayed alone gets its messages from here.
 */
function messageText({ external, via }: LogRecord, message: Json): string {
  const text = canonical(message);
  return external === true || via === 'control' ? text : JSON.stringify(message);
}

/** Collects records and seals them into blocks. The body of a sealed block is valid until the next one is sealed. */
export class BlockEncoder {
  /** The chain after the last sealed record. */
  readonly chain: Chain;
  private readonly level: Level;
  private records: LogRecord[] = [];
  private texts: string[] = [];
  private names = new Map<string, Name>();
  private block = 0;
  private dictionary = 0;
  private text = new Uint8Array(4096);
  private view = new DataView(this.text.buffer);
  private lengths: number[] = [];
  private readonly strings = new ByteWriter();
  private readonly marks = new ByteWriter();
  private readonly times = new ByteWriter();
  private readonly actors = new ByteWriter();
  private readonly kinds = new ByteWriter();
  private readonly causes = new ByteWriter();
  private readonly froms = new ByteWriter();
  private readonly digests = new ByteWriter();
  private readonly choices = new ByteWriter();
  private readonly facts = new ByteWriter();
  private readonly messages = new ByteWriter();
  private readonly kept = new ByteWriter();
  private readonly checks = new ByteWriter();
  private readonly effects = new ByteWriter();
  private readonly body = new ByteWriter(65536);

  constructor(level: Level, chain: Chain = new Chain()) {
    this.level = level;
    this.chain = chain;
  }

  /** How many records wait to be sealed. */
  get length(): number {
    return this.records.length;
  }

  /** Adds a record. Throws NotCanonical when a fact or message is not plain JSON; the record is then not added. */
  append(whole: LogRecord): void {
    const record = this.level === 'full' ? whole : withoutDetail(whole);
    const { facts, message } = record;
    const texts = this.texts.length;
    try {
      for (let i = 0; i < facts.length; i++) this.texts.push(canonical((facts[i] as LogRecord['facts'][number]).data));
      if (message !== undefined) this.texts.push(messageText(record, message));
      if (record.effects !== undefined) this.texts.push(canonical(record.effects));
    } catch (error) {
      this.texts.length = texts;
      throw error;
    }
    this.records.push(record);
  }

  /** Seals what was appended. At least one record must wait. */
  seal(): SealedBlock {
    const { records } = this;
    const first = records[0] as LogRecord;
    this.block++;
    this.dictionary = 0;
    this.encodeText();
    let text = 0;
    let at = 0;
    let time = first.time;
    for (let i = 0; i < records.length; i++) {
      const record = records[i] as LogRecord;
      const start = at;
      const texts = text;
      text += record.facts.length;
      for (let k = texts; k < text; k++) at += this.lengths[k] as number;
      if (record.message !== undefined) at += this.lengths[text++] as number;
      const hashed = at;
      const effects = record.effects === undefined ? -1 : (this.lengths[text++] as number);
      if (effects >= 0) at += effects;
      time = this.encodeRecord(record, texts, start, hashed, at, time);
    }
    const checks = this.checks.view().slice();
    const body = this.assemble();
    const sealed = { body, checks, count: records.length, seq: first.seq, time: first.time, chain: this.chain.fork() };
    this.reset();
    return sealed;
  }

  /** Encodes all text at once and finds the length of each piece in bytes. */
  private encodeText(): void {
    const joined = this.texts.join('');
    const most = joined.length * 3;
    if (this.text.length < most) {
      this.text = new Uint8Array(most * 2);
      this.view = new DataView(this.text.buffer);
    }
    const { written } = ENCODER.encodeInto(joined, this.text);
    const isAscii = written === joined.length;
    this.lengths = this.texts.map(isAscii ? (text) => text.length : byteLength);
  }

  private encodeRecord(record: LogRecord, text: number, start: number, hashed: number, end: number, time: number): number {
    this.mixRecord(record, text, start);
    const isWhole = this.level !== 'inputs' || record.external === true;
    if (this.level === 'inputs') this.checks.byte(this.chain.a & 0xff);
    if (!isWhole) {
      this.marks.byte(record.choices.length > 0 ? CHOICES_ONLY | Mark.choices : OMITTED);
      if (record.choices.length > 0) this.encodeChoices(record);
      return time;
    }
    this.marks.byte(this.markOf(record));
    this.times.varint(record.time - time);
    this.actors.varint(this.name(record.actor).id);
    this.kinds.varint(this.name(record.kind).id);
    this.causes.varint(record.cause < 0 ? 0 : record.seq - record.cause);
    if (record.from !== undefined) this.froms.varint(this.name(record.from).id);
    this.digests.word(record.digest);
    if (record.choices.length > 0) this.encodeChoices(record);
    this.encodeTexts(record, text);
    this.kept.append(this.text.subarray(start, this.level === 'full' ? end : hashed));
    return record.time;
  }

  private encodeTexts(record: LogRecord, text: number): void {
    const { facts } = record;
    if (facts.length > 0) {
      this.facts.varint(facts.length);
      for (let i = 0; i < facts.length; i++) {
        this.facts.varint(this.name((facts[i] as LogRecord['facts'][number]).kind).id);
        this.facts.varint(this.lengths[text + i] as number);
      }
    }
    let next = text + facts.length;
    if (record.message !== undefined) this.messages.varint(this.lengths[next++] as number);
    if (this.level === 'full') this.effects.varint(record.effects === undefined ? 0 : (this.lengths[next] as number));
  }

  private encodeChoices(record: LogRecord): void {
    this.choices.varint(record.choices.length);
    for (const choice of record.choices) {
      this.choices.varint(this.name(choice.kind).id);
      this.choices.varint(choice.n);
      this.choices.varint(choice.value);
    }
  }

  private markOf(record: LogRecord): number {
    return (
      VIAS.indexOf(record.via) |
      (record.external === true ? Mark.external : 0) |
      (record.from === undefined ? 0 : Mark.from) |
      (record.choices.length === 0 ? 0 : Mark.choices) |
      (record.facts.length === 0 ? 0 : Mark.facts) |
      (record.message === undefined ? 0 : Mark.message)
    );
  }

  /** Moves the chain on by one record. The order of what is mixed is part of the format. */
  private mixRecord(record: LogRecord, text: number, start: number): void {
    const { chain, lengths, view } = this;
    const { choices, facts } = record;
    chain.number(record.time);
    chain.word(VIAS.indexOf(record.via) | (record.external === true ? Mark.external : 0));
    chain.word(this.hash(record.actor));
    chain.word(this.hash(record.kind));
    chain.number(record.cause);
    chain.word(record.from === undefined ? 0 : this.hash(record.from));
    chain.word(record.digest);
    chain.word(choices.length);
    for (let i = 0; i < choices.length; i++) {
      const choice = choices[i] as LogRecord['choices'][number];
      chain.word(this.hash(choice.kind));
      chain.number(choice.n);
      chain.number(choice.value);
    }
    chain.word(facts.length);
    let at = start;
    for (let i = 0; i < facts.length; i++) {
      const length = lengths[text + i] as number;
      chain.word(this.hash((facts[i] as LogRecord['facts'][number]).kind));
      chain.word(length);
      chain.bytes(view, at, at + length);
      at += length;
    }
    if (record.message !== undefined && (record.external === true || record.via === 'control')) {
      const length = lengths[text + facts.length] as number;
      chain.word(length);
      chain.bytes(view, at, at + length);
    }
    chain.finish();
  }

  private hash(text: string): number {
    return (this.names.get(text) ?? this.learn(text)).hash;
  }

  /** The name with its number in this block's dictionary. */
  private name(text: string): Name {
    const name = this.names.get(text) ?? this.learn(text);
    if (name.block !== this.block) {
      name.block = this.block;
      name.id = this.dictionary++;
      this.strings.varint(name.bytes.length);
      this.strings.append(name.bytes);
    }
    return name;
  }

  private learn(text: string): Name {
    const bytes = ENCODER.encode(text);
    const name = { bytes, hash: hashName(bytes), block: 0, id: 0 };
    this.names.set(text, name);
    return name;
  }

  private assemble(): Uint8Array {
    const { body } = this;
    body.reset();
    this.section(Section.strings, this.strings);
    this.section(Section.marks, this.marks);
    this.section(Section.times, this.times);
    this.section(Section.actors, this.actors);
    this.section(Section.kinds, this.kinds);
    this.section(Section.causes, this.causes);
    this.section(Section.froms, this.froms);
    this.section(Section.digests, this.digests);
    this.section(Section.choices, this.choices);
    this.section(Section.facts, this.facts);
    this.section(Section.messages, this.messages);
    this.section(Section.effects, this.effects);
    this.section(Section.text, this.kept);
    this.section(Section.checks, this.checks);
    return body.view();
  }

  private section(number: number, column: ByteWriter): void {
    if (column.length === 0) return;
    this.body.varint(number);
    this.body.varint(column.length);
    this.body.append(column.view());
    column.reset();
  }

  private reset(): void {
    this.records = [];
    this.texts = [];
    if (this.names.size > NAMES_MAX) this.names = new Map();
  }
}

/** The record as the levels below `full` keep it, also when a kernel at `full` made it. */
function withoutDetail(record: LogRecord): LogRecord {
  const isMessageKept = record.message === undefined || record.external === true || record.via === 'control';
  if (isMessageKept && record.effects === undefined) return record;
  const { message, effects: _, ...rest } = record;
  return isMessageKept && message !== undefined ? { ...rest, message } : rest;
}

/** The length of a text in UTF-8. Canonical text holds no lone surrogates. */
function byteLength(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}
