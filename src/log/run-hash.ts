/**
 * The hash of a run without keeping its log: what `kubetwin run --log` would print, for tests and for campaigns.
 */
import type { Kernel } from '../kernel/kernel.ts';
import { makeHeader } from './header.ts';
import type { Level } from './record.ts';
import { LogWriter } from './writer.ts';

/** Follows `kernel` from now on (it must not have a log); the result ends the log and tells its hash. */
export function hashOfRun(kernel: Kernel, level: Level = 'facts'): () => { readonly log: string; readonly records: number } {
  const header = makeHeader({ model: { name: 'hash', fingerprint: '' }, config: null, seed: '', level });
  const writer = new LogWriter({ write: () => undefined }, header);
  kernel.setSink((record) => writer.append(record));
  return () => ({ log: writer.close().hash, records: writer.records });
}
