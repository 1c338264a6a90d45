/**
 * A rolling 64-bit hash over what each record of a run says: two runs of one plan must have the same.
 */
import type { LogRecord } from '../log/record.ts';

export class Fingerprint {
  private x = 0x9e3779b9;
  private y = 0x7f4a7c15;

  add(record: LogRecord): void {
    this.mix(record.digest ^ record.cause);
    this.mix(record.time | 0);
    this.mix(record.actor.length * 65599 + record.kind.length * 257 + record.facts.length);
    for (const choice of record.choices) this.mix(choice.value);
  }

  /** 16 hexadecimal digits. */
  text(): string {
    const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');
    return hex(this.x) + hex(this.y);
  }

  private mix(value: number): void {
    this.x = Math.imul(this.x ^ value, 0x85ebca6b);
    this.x ^= this.x >>> 13;
    this.y = (Math.imul(this.y ^ this.x, 0xc2b2ae35) + value) | 0;
    this.y ^= this.y >>> 16;
  }
}
