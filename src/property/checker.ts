/**
 * Holds one run against a set of properties and marks.
 *
 * The checker is one subscriber of the run's records. Facts are handed to the monitors that watch their kind (one map look-up a
 * fact), so a property costs nothing for facts that do not concern it. At the first violation the run is stopped.
 */
import type { Kernel } from '../kernel/kernel.ts';
import type { Fact, LogRecord } from '../log/record.ts';
import type { Mark } from './sometimes.ts';
import { PropertyViolated, type Monitor, type Property, type Verdicts, type Violation } from './property.ts';

/** How many causes of a violation are kept. */
const CAUSES_MAX = 32;

class Watch implements Verdicts {
  readonly property: Property;
  readonly monitor: Monitor;
  hits = 0;
  private readonly checker: Checker;

  constructor(property: Property, checker: Checker) {
    this.property = property;
    this.monitor = property.start();
    this.checker = checker;
  }

  hit(): void {
    this.hits++;
  }

  violated(message: string): void {
    this.checker.report(this.property.name, message);
  }
}

export class Checker {
  /** In the order in which they were found; at most one a property. */
  readonly violations: Violation[] = [];
  private readonly watches: readonly Watch[];
  private readonly byFact = new Map<string, Watch[]>();
  private readonly byRecord: Watch[] = [];
  private readonly marksByFact = new Map<string, Mark[]>();
  private readonly reached = new Map<string, number>();
  private readonly causes: number[] = [];
  private readonly stop: ((reason: string) => void) | undefined;
  private last: LogRecord | undefined;
  private hasEnded = false;

  constructor(properties: readonly Property[], marks: readonly Mark[] = [], stop?: (reason: string) => void) {
    this.stop = stop;
    this.watches = properties.map((property) => new Watch(property, this));
    for (const watch of this.watches) {
      if (watch.property.facts === undefined) this.byRecord.push(watch);
      else for (const kind of watch.property.facts) addTo(this.byFact, kind, watch);
    }
    for (const mark of marks) {
      this.reached.set(mark.name, 0);
      addTo(this.marksByFact, mark.fact, mark);
    }
  }

  /** Follows a kernel's records and stops it at the first violation. Returns a function that ends it. */
  static attach(kernel: Kernel, properties: readonly Property[], marks: readonly Mark[] = []): Checker {
    const checker = new Checker(properties, marks, (reason) => kernel.stop(reason));
    kernel.committed$.subscribe((record) => checker.observe(record));
    return checker;
  }

  /** Takes one record. An exception in a monitor is a violation of its property: it must never be lost in a subscriber. */
  observe(record: LogRecord): void {
    this.last = record;
    this.causes[record.seq] = record.cause;
    for (const watch of this.byRecord) this.tell(watch, record, undefined);
    for (const fact of record.facts) {
      const watches = this.byFact.get(fact.kind);
      if (watches !== undefined) for (const watch of watches) this.tell(watch, record, fact);
      const marks = this.marksByFact.get(fact.kind);
      if (marks !== undefined) this.mark(marks, record, fact);
    }
  }

  /** The run has ended at `time`; `complete` when nothing more could ever happen in it. */
  end(time: number, complete: boolean): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const watch of this.watches) {
      try {
        watch.monitor.end?.(time, complete, watch);
      } catch (error) {
        this.report(watch.property.name, wordsOf(error));
      }
    }
  }

  /** How often each property had something to judge. */
  hits(): ReadonlyMap<string, number> {
    return new Map(this.watches.map((watch) => [watch.property.name, watch.hits]));
  }

  /** How often each mark was reached. */
  marks(): ReadonlyMap<string, number> {
    return this.reached;
  }

  /** Throws when a property was violated. */
  expectHolds(): void {
    const first = this.violations[0];
    if (first !== undefined) throw new PropertyViolated(first);
  }

  /** @internal Notes a violation at the record that is being looked at. */
  report(property: string, message: string): void {
    if (this.violations.some((violation) => violation.property === property)) return;
    const seq = this.last?.seq ?? -1;
    this.violations.push({
      property,
      message,
      seq,
      time: this.last?.time ?? 0,
      actor: this.last?.actor ?? '',
      causes: this.chain(seq),
    });
    this.stop?.(`property "${property}" violated`);
  }

  private tell(watch: Watch, record: LogRecord, fact: Fact | undefined): void {
    try {
      watch.monitor.observe(record, fact, watch);
    } catch (error) {
      this.report(watch.property.name, wordsOf(error));
    }
  }

  private mark(marks: readonly Mark[], record: LogRecord, fact: Fact): void {
    for (const mark of marks) {
      if (mark.when === undefined || mark.when(fact.data, record)) {
        this.reached.set(mark.name, (this.reached.get(mark.name) as number) + 1);
      }
    }
  }

  private chain(seq: number): number[] {
    const chain: number[] = [];
    for (let at = seq; at >= 0 && chain.length < CAUSES_MAX; at = this.causes[at] ?? -1) chain.push(at);
    return chain;
  }
}

function wordsOf(error: unknown): string {
  return `its monitor threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

function addTo<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
