/** One line of a scheduling benchmark: what came through, at what rate, and how that stands to upstream's threshold. */
import type { Workload } from './workloads.ts';

export function throughput({ name, threshold, measured: [count] }: Workload, scheduled: number, seconds: number): void {
  const rate = scheduled / seconds;
  const columns = [name.padEnd(36), `${scheduled}/${count}`.padStart(12), `${Math.round(rate)} pods/s`.padStart(16)];
  console.log(`${columns.join(' ')}   upstream ≥ ${threshold}   ×${(rate / threshold).toFixed(1)}`);
}
