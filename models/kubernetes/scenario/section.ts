/**
 * A mapping of a YAML document that knows where everything stands, so that whatever is wrong is reported with line and column.
 */
import { isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, type YAMLMap } from 'yaml';
import { parseDuration } from '../../../src/cli/duration.ts';

/** What is wrong with a scenario file, and where. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';

  constructor(file: string, line: number, column: number, message: string) {
    super(`${file}:${line}:${column}: ${message}`);
  }
}

/** Where a document comes from. */
export interface Source {
  readonly file: string;
  readonly lines: LineCounter;
}

export class Section {
  private readonly source: Source;
  private readonly node: Node | undefined;
  private readonly map: YAMLMap;
  private readonly path: string;
  private readonly read = new Set<string>();

  /** `path` names the section in messages: `faults[2]`. */
  constructor(source: Source, node: unknown, path: string) {
    this.source = source;
    this.node = node as Node | undefined;
    this.path = path;
    if (!isMap(node)) throw this.wrong(`${path} must be a mapping`, node);
    this.map = node;
  }

  has(key: string): boolean {
    return this.map.has(key);
  }

  keys(): readonly string[] {
    return this.map.items.map(({ key }) => String(isScalar(key) ? key.value : key));
  }

  /** The plain value of a field, unchecked. */
  value(key: string): unknown {
    this.read.add(key);
    const node = this.child(key);
    return node === undefined ? undefined : (node as Node & { toJSON(): unknown }).toJSON();
  }

  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrong(`${this.name(key)} must be a text, not ${JSON.stringify(value)}`, this.child(key));
  }

  /** A text that must be there. */
  need(key: string): string {
    const value = this.text(key);
    if (value === undefined || value === '') throw this.wrong(`${this.name(key)} is missing`);
    return value;
  }

  number(key: string, least = 0): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
    throw this.wrong(`${this.name(key)} must be a whole number from ${least} on, not ${JSON.stringify(value)}`, this.child(key));
  }

  /** A duration in µs. */
  duration(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const parsed = typeof value === 'string' ? parseDuration(value) : value === 0 ? 0 : undefined;
    if (parsed !== undefined) return parsed;
    throw this.wrong(`${this.name(key)} must be a duration such as 500ms, 30s or 10m, not ${JSON.stringify(value)}`, this.child(key));
  }

  oneOf<T extends string>(key: string, known: readonly T[]): T | undefined {
    const value = this.text(key);
    if (value === undefined || known.includes(value as T)) return value as T | undefined;
    throw this.wrong(`${this.name(key)} must be one of ${known.join(', ')}, not "${value}"`, this.child(key));
  }

  section(key: string): Section | undefined {
    this.read.add(key);
    const node = this.child(key);
    return node === undefined ? undefined : new Section(this.source, node, this.name(key));
  }

  /** The entries of a list, each a mapping. */
  sections(key: string): readonly Section[] {
    this.read.add(key);
    const node = this.child(key);
    if (node === undefined) return [];
    if (!isSeq(node)) throw this.wrong(`${this.name(key)} must be a list`, node);
    return node.items.map((item, index) => new Section(this.source, item, `${this.name(key)}[${index}]`));
  }

  /** Complains about a field that nobody has asked for. */
  end(): void {
    for (const { key } of this.map.items as Pair[]) {
      const name = String(isScalar(key) ? key.value : key);
      if (!this.read.has(name)) throw this.wrong(`${this.name(name)} is unknown; ${this.path === '' ? 'known' : `${this.path} knows`} ${[...this.read].sort((x, y) => (x < y ? -1 : 1)).join(', ')}`, key);
    }
  }

  /** An error at a field, at a node, or at the section's beginning. */
  wrong(message: string, at: unknown = this.node): ScenarioError {
    const node = typeof at === 'string' ? this.child(at) : at;
    const offset = (node as { range?: readonly number[] } | undefined)?.range?.[0] ?? (this.node?.range?.[0] ?? 0);
    const { line, col } = this.source.lines.linePos(offset);
    return new ScenarioError(this.source.file, Math.max(1, line), Math.max(1, col), message);
  }

  private child(key: string): Node | undefined {
    const node = this.map.get(key, true) as Node | undefined;
    return isScalar(node) && (node.value === null || node.value === undefined) ? undefined : node;
  }

  private name(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }
}
