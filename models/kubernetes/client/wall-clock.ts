/**
 * The wall clock of a process: the cluster's epoch plus the process's own (perhaps skewed) time, and back.
 */
import { parseTime, rfc3339, rfc3339Micro } from '../object/time.ts';
import type { Process } from './process.ts';

export class WallClock {
  readonly epoch: number;
  private readonly process: Process;

  /** `epoch` in ms. */
  constructor(process: Process, epoch: number) {
    this.process = process;
    this.epoch = epoch;
  }

  /** µs since 1970. */
  get now(): number {
    return this.epoch * 1000 + this.process.now;
  }

  /** Now as metav1.Time, whole seconds. */
  get text(): string {
    return rfc3339(this.epoch, this.process.now);
  }

  /** Now as metav1.MicroTime. */
  get microText(): string {
    return rfc3339Micro(this.epoch, this.process.now);
  }

  /** µs since 1970 of an RFC 3339 text; 0 when it is absent or no time. */
  parse(text: string | undefined): number {
    return text === undefined ? 0 : (parseTime(text) ?? 0);
  }

  /** µs from that time to now; the time since 1970 when the text is absent. */
  since(text: string | undefined): number {
    return this.now - this.parse(text);
  }
}
