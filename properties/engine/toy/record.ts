/**
 * Makes logs of toy runs in memory.
 */
import type { Kernel, KernelOptions } from '../../../src/index.ts';
import type { LogHeader } from '../../../src/log/header.ts';
import { LogReader } from '../../../src/log/reader.ts';
import { bytesSource } from '../../../src/log/recover.ts';
import { LogWriter, type WriterOptions } from '../../../src/log/writer.ts';

/** A log whose bytes are collected in memory. */
export function memoryLog(header: LogHeader, options: WriterOptions = {}): { readonly writer: LogWriter; read(): LogReader; bytes(): Uint8Array } {
  const chunks: Uint8Array[] = [];
  const writer = new LogWriter({ write: (bytes) => void chunks.push(bytes) }, header, options);
  const bytes = (): Uint8Array => {
    const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  };
  return { writer, bytes, read: () => new LogReader(bytesSource(bytes()), options.codec === undefined ? {} : { codecs: [options.codec] }) };
}

/** Runs a model and returns its log. `drive` runs the kernel; by default until nothing waits. */
export function recordRun(
  header: LogHeader,
  build: (header: LogHeader, options: KernelOptions) => Kernel,
  drive: (kernel: Kernel) => void,
  options: WriterOptions = {},
): LogReader {
  const log = memoryLog(header, { blockRecords: 64, ...options });
  const kernel = build(header, { seed: header.seed, level: header.level });
  kernel.setSink((record) => log.writer.append(record));
  drive(kernel);
  log.writer.close();
  return log.read();
}

/** Runs a bank for 1.6 virtual seconds: two deposits, a crash of a teller by hand, whatever the plan says. */
export function driveBank(kernel: Kernel): void {
  kernel.run({ until: 150_000 });
  kernel.input('ledger', { kind: 'deposit', account: 'ann', amount: 50 } as never);
  kernel.run({ until: 300_000 });
  kernel.input('ledger', { kind: 'deposit', account: 'bob', amount: 20 } as never, 350_000);
  kernel.control({ kind: 'crash', actor: 'teller/1', reason: 'by hand' }, 600_000, true);
  kernel.control({ kind: 'restart', actor: 'teller/1' }, 620_000, true);
  kernel.run({ until: 1_600_000 });
}
