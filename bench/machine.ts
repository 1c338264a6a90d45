/**
 * The machine that a benchmark ran on, in one line, and how numbers are printed.
 */
import { cpus, release, totalmem, type } from 'node:os';

export function machine(): string {
  const [first] = cpus();
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${process.versions.node}`;
}

/** One line of a report: what, how much, and the goal if there is one. */
export function line(what: string, value: number, unit: string, goal?: string): void {
  const text = value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
  console.log(`${what.padEnd(52)} ${text.padStart(12)} ${unit}${goal === undefined ? '' : `   (goal ${goal})`}`);
}

/** Seconds of processor time that some work takes: other programs on the machine do not count. */
export function cpuSeconds(work: () => unknown): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1_000_000;
}

/** The best of several runs: the machine's other work only ever makes a run slower. */
export function best(runs: number, measure: () => number): number {
  let most = 0;
  for (let run = 0; run < runs; run++) most = Math.max(most, measure());
  return most;
}
