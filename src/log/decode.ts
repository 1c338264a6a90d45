/**
 * Decoding: a block's body becomes records again.
 *
 * Columns are read when a block is opened (about 0.2 µs a record); facts and messages stay text until somebody asks for
 * them, so skimming a log by time, actor or kind parses no JSON. `rehash` recomputes the chain from what was read, which
 * proves that the columns say what the writer said.
 */
import { ByteReader } from './bytes.ts';
import { Chain, hashName } from './hash.ts';
import { CHOICES_ONLY, Mark, OMITTED, Section, VIAS } from './layout.ts';
import type { Choice, EffectNote, Fact, Json, LogRecord, Via } from './record.ts';

const DECODER = new TextDecoder('utf-8', { fatal: true });
const NO_CHOICES: readonly Choice[] = Object.freeze([]);
const NO_FACTS: readonly Fact[] = Object.freeze([]);

/** A block's columns. Throws RangeError when they do not fit each other; the reader says where in the file. */
export class BlockView {
  /** The sequence number of the first record. */
  readonly seq: number;
  readonly count: number;
  readonly marks: Uint8Array;
  readonly times: Float64Array;
  /** At level `inputs`: the low byte of the chain's first lane after each record. */
  readonly checks: Uint8Array | undefined;
  private readonly strings: string[] = [];
  private readonly nameHashes: number[] = [];
  private readonly actors: Uint32Array;
  private readonly kinds: Uint32Array;
  private readonly causes: Float64Array;
  private readonly froms: Uint32Array;
  private readonly digests: Uint32Array;
  /** Read when somebody asks: most looks at a block are about facts. */
  private choices: (readonly Choice[])[] | undefined;
  /** For each record where its facts begin in `factKinds`; one more at the end. */
  private readonly factStarts: Uint32Array;
  private readonly factKinds: number[] = [];
  private readonly factLengths: number[] = [];
  private readonly messageLengths: Uint32Array;
  private readonly effectLengths: Uint32Array;
  private readonly textStarts: Uint32Array;
  private readonly text: Uint8Array;
  private readonly sections = new Map<number, Uint8Array>();
  private whole: string | undefined;

  constructor(body: Uint8Array, seq: number, count: number, time: number) {
    this.seq = seq;
    this.count = count;
    this.readSections(body);
    this.readStrings();
    this.marks = this.section(Section.marks);
    if (this.marks.length !== count) throw new RangeError(`a block of ${count} records has ${this.marks.length} marks`);
    this.checks = this.sections.get(Section.checks);
    this.text = this.section(Section.text);
    this.times = new Float64Array(count);
    this.actors = new Uint32Array(count);
    this.kinds = new Uint32Array(count);
    this.causes = new Float64Array(count);
    this.froms = new Uint32Array(count);
    this.digests = new Uint32Array(count);
    this.factStarts = new Uint32Array(count + 1);
    this.messageLengths = new Uint32Array(count);
    this.effectLengths = new Uint32Array(count);
    this.textStarts = new Uint32Array(count + 1);
    this.readColumns(time);
  }

  private readSections(body: Uint8Array): void {
    const reader = new ByteReader(body);
    while (!reader.isDone) {
      const number = reader.varint();
      const bytes = reader.take(reader.varint());
      if (number % 2 === 0 && number > Section.checks) throw new RangeError(`section ${number} must be known and is not`);
      this.sections.set(number, bytes);
    }
  }

  private section(number: number): Uint8Array {
    return this.sections.get(number) ?? new Uint8Array(0);
  }

  private readStrings(): void {
    const reader = new ByteReader(this.section(Section.strings));
    while (!reader.isDone) {
      const bytes = reader.take(reader.varint());
      this.strings.push(DECODER.decode(bytes));
      this.nameHashes.push(hashName(bytes));
    }
  }

  private readColumns(firstTime: number): void {
    const column = (number: number): ByteReader => new ByteReader(this.section(number));
    const [times, actors, kinds, causes] = [column(Section.times), column(Section.actors), column(Section.kinds), column(Section.causes)];
    const [froms, digests, facts] = [column(Section.froms), column(Section.digests), column(Section.facts)];
    const [messages, effects] = [column(Section.messages), column(Section.effects)];
    let time = firstTime;
    let text = 0;
    for (let i = 0; i < this.count; i++) {
      const mark = this.marks[i] as number;
      this.textStarts[i] = text;
      this.factStarts[i] = this.factKinds.length;
      this.times[i] = time;
      if ((mark & Mark.via) >= CHOICES_ONLY) continue;
      this.times[i] = time += times.varint();
      this.actors[i] = actors.varint();
      this.kinds[i] = kinds.varint();
      const back = causes.varint();
      this.causes[i] = back === 0 ? -1 : this.seq + i - back;
      if (mark & Mark.from) this.froms[i] = froms.varint();
      this.digests[i] = digests.word();
      if (mark & Mark.facts) text += this.readFacts(facts);
      if (mark & Mark.message) text += this.messageLengths[i] = messages.varint();
      if (!effects.isDone) text += this.effectLengths[i] = effects.varint();
    }
    this.textStarts[this.count] = text;
    this.factStarts[this.count] = this.factKinds.length;
    if (text !== this.text.length) throw new RangeError(`a block's text is ${this.text.length} bytes and its columns say ${text}`);
  }

  private allChoices(): readonly (readonly Choice[])[] {
    if (this.choices !== undefined) return this.choices;
    const column = new ByteReader(this.section(Section.choices));
    const choices: (readonly Choice[])[] = [];
    for (let i = 0; i < this.count; i++) choices.push(((this.marks[i] as number) & Mark.choices) === 0 ? NO_CHOICES : this.readChoices(column));
    return (this.choices = choices);
  }

  private readChoices(column: ByteReader): readonly Choice[] {
    const length = column.varint();
    const choices: Choice[] = [];
    for (let i = 0; i < length; i++) {
      choices.push({ kind: this.string(column.varint()), n: column.varint(), value: column.varint() });
    }
    return choices;
  }

  private readFacts(column: ByteReader): number {
    const length = column.varint();
    let bytes = 0;
    for (let i = 0; i < length; i++) {
      this.factKinds.push(column.varint());
      const size = column.varint();
      this.factLengths.push(size);
      bytes += size;
    }
    return bytes;
  }

  private string(id: number): string {
    const text = this.strings[id];
    if (text === undefined) throw new RangeError(`string ${id} is not in the block's dictionary`);
    return text;
  }

  /** `whole`: everything that the level keeps; `choices`, `omitted`: see level `inputs`. */
  kept(i: number): 'whole' | 'choices' | 'omitted' {
    const via = (this.marks[i] as number) & Mark.via;
    return via === OMITTED ? 'omitted' : via === CHOICES_ONLY ? 'choices' : 'whole';
  }

  viaOf(i: number): Via {
    return VIAS[(this.marks[i] as number) & Mark.via] ?? 'message';
  }

  actorOf(i: number): string {
    return this.string(this.actors[i] as number);
  }

  kindOf(i: number): string {
    return this.string(this.kinds[i] as number);
  }

  causeOf(i: number): number {
    return this.causes[i] as number;
  }

  choicesOf(i: number): readonly Choice[] {
    return this.allChoices()[i] as readonly Choice[];
  }

  /** The kinds of the facts, without parsing them. */
  factKindsOf(i: number): string[] {
    return this.factKinds.slice(this.factStarts[i], this.factStarts[i + 1]).map((id) => this.string(id));
  }

  /** True when this string occurs anywhere in the block as an actor or kind. */
  mentions(name: string): boolean {
    return this.strings.includes(name);
  }

  /** The indices of the records that have a fact of one of these kinds. Parses nothing. */
  withFacts(kinds: readonly string[]): number[] {
    const ids = new Set<number>();
    for (const kind of kinds) {
      const id = this.strings.indexOf(kind);
      if (id >= 0) ids.add(id);
    }
    const found: number[] = [];
    if (ids.size === 0) return found;
    for (let i = 0; i < this.count; i++) {
      const end = this.factStarts[i + 1] as number;
      for (let k = this.factStarts[i] as number; k < end; k++) {
        if (!ids.has(this.factKinds[k] as number)) continue;
        found.push(i);
        break;
      }
    }
    return found;
  }

  /** Calls `visit` with every fact of these kinds of the records [start, end), in order, with its text. Parses nothing. */
  eachFact(kinds: readonly string[], start: number, end: number, visit: (i: number, kind: string, text: string) => void): void {
    const wanted = new Map(kinds.map((kind) => [this.strings.indexOf(kind), kind]));
    for (let i = start; i < end; i++) {
      let at = this.textStarts[i] as number;
      const last = this.factStarts[i + 1] as number;
      for (let k = this.factStarts[i] as number; k < last; k++) {
        const length = this.factLengths[k] as number;
        const kind = wanted.get(this.factKinds[k] as number);
        // A text of its own, not a slice that would keep the whole block alive.
        if (kind !== undefined) visit(i, kind, DECODER.decode(this.text.subarray(at, at + length)));
        at += length;
      }
    }
  }

  /** The indices of the records whose facts, message or effects hold this text, as canonical JSON writes it. Parses nothing. */
  withText(text: string): number[] {
    this.whole ??= DECODER.decode(this.text);
    const found: number[] = [];
    let at = this.whole.indexOf(text);
    if (at < 0) return found;
    const isAscii = this.whole.length === this.text.length;
    for (let i = 0; i < this.count; i++) {
      const start = this.textStarts[i] as number;
      const end = this.textStarts[i + 1] as number;
      if (isAscii) {
        while (at >= 0 && at < start) at = this.whole.indexOf(text, start);
        if (at < 0) break;
        if (at < end) found.push(i);
      } else if (end > start && this.slice(start, end - start).includes(text)) found.push(i);
    }
    return found;
  }

  isExternal(i: number): boolean {
    return ((this.marks[i] as number) & Mark.external) !== 0;
  }

  /** The record. Of one that the level does not keep, only `seq` and the choices are true. */
  record(i: number): LogRecord {
    const mark = this.marks[i] as number;
    const seq = this.seq + i;
    if (this.kept(i) !== 'whole') {
      return { seq, time: this.times[i] as number, via: 'message', actor: '', kind: '', cause: -1, choices: this.choicesOf(i), facts: NO_FACTS, digest: 0 };
    }
    const facts = this.factsOf(i);
    const message = this.messageText(i);
    const effects = this.effectsText(i);
    return {
      seq,
      time: this.times[i] as number,
      via: this.viaOf(i),
      actor: this.actorOf(i),
      kind: this.kindOf(i),
      cause: this.causes[i] as number,
      ...(mark & Mark.from ? { from: this.string(this.froms[i] as number) } : {}),
      choices: this.choicesOf(i),
      facts,
      digest: this.digests[i] as number,
      ...(mark & Mark.external ? { external: true as const } : {}),
      ...(message === undefined ? {} : { message: JSON.parse(message) as Json }),
      ...(effects === undefined ? {} : { effects: JSON.parse(effects) as EffectNote[] }),
    };
  }

  /** The facts of a record, parsed. */
  factsOf(i: number): readonly Fact[] {
    const start = this.factStarts[i] as number;
    const end = this.factStarts[i + 1] as number;
    if (start === end) return NO_FACTS;
    const facts: Fact[] = [];
    let at = this.textStarts[i] as number;
    for (let k = start; k < end; k++) {
      const length = this.factLengths[k] as number;
      facts.push({ kind: this.string(this.factKinds[k] as number), data: JSON.parse(this.slice(at, length)) as Json });
      at += length;
    }
    return facts;
  }

  private messageText(i: number): string | undefined {
    const length = this.messageLengths[i] as number;
    if (length === 0) return undefined;
    return this.slice((this.textStarts[i + 1] as number) - (this.effectLengths[i] as number) - length, length);
  }

  private effectsText(i: number): string | undefined {
    const length = this.effectLengths[i] as number;
    return length === 0 ? undefined : this.slice((this.textStarts[i + 1] as number) - length, length);
  }

  /** A piece of the text. While all of it is ASCII, bytes are characters and slicing one string is cheapest. */
  private slice(at: number, length: number): string {
    this.whole ??= DECODER.decode(this.text);
    if (this.whole.length === this.text.length) return this.whole.slice(at, at + length);
    return DECODER.decode(this.text.subarray(at, at + length));
  }

  /** Moves `chain` over the records of this block; calls `after` with each. At level `inputs` it cannot. */
  rehash(chain: Chain, after?: (i: number) => void): void {
    const view = new DataView(this.text.buffer, this.text.byteOffset, this.text.byteLength);
    const hashes = new Map(this.strings.map((text, id) => [text, this.nameHashes[id] as number]));
    const hash = (id: number): number => this.nameHashes[id] as number;
    for (let i = 0; i < this.count; i++) {
      const mark = this.marks[i] as number;
      const choices = this.choicesOf(i);
      chain.number(this.times[i] as number);
      chain.word(mark & (Mark.via | Mark.external));
      chain.word(hash(this.actors[i] as number));
      chain.word(hash(this.kinds[i] as number));
      chain.number(this.causes[i] as number);
      chain.word(mark & Mark.from ? hash(this.froms[i] as number) : 0);
      chain.word(this.digests[i] as number);
      chain.word(choices.length);
      for (const choice of choices) {
        chain.word(hashes.get(choice.kind) as number);
        chain.number(choice.n);
        chain.number(choice.value);
      }
      this.rehashText(chain, view, i);
      chain.finish();
      after?.(i);
    }
  }

  private rehashText(chain: Chain, view: DataView, i: number): void {
    const mark = this.marks[i] as number;
    const end = this.factStarts[i + 1] as number;
    let at = this.textStarts[i] as number;
    chain.word(end - (this.factStarts[i] as number));
    for (let k = this.factStarts[i] as number; k < end; k++) {
      const length = this.factLengths[k] as number;
      chain.word(this.nameHashes[this.factKinds[k] as number] as number);
      chain.word(length);
      chain.bytes(view, at, at + length);
      at += length;
    }
    if (mark & Mark.message && (mark & Mark.external || this.viaOf(i) === 'control')) {
      const length = this.messageLengths[i] as number;
      chain.word(length);
      chain.bytes(view, at, at + length);
    }
  }
}
