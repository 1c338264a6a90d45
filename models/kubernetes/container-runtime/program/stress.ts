/** `stress`: uses memory and processor as its options say. The memory example of the documentation is OOM-killed by it. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { options } from './applet.ts';

export function* stress(system: System, argv: readonly string[]): Run {
  const long = new Map<string, string>();
  for (const [index, word] of argv.entries()) if (word.startsWith('-')) long.set(word.replace(/^-+/, ''), argv[index + 1] ?? '');
  const bytes = parseBytes(long.get('vm-bytes') ?? long.get('mem-total') ?? '0') * Number(long.get('vm') ?? 1);
  const cpus = Number(long.get('cpu') ?? long.get('cpus') ?? long.get('c') ?? 0);
  system.writeNow(1, `stress: info: [${system.pid}] dispatching hogs: ${cpus} cpu, 0 io, ${long.get('vm') ?? 0} vm, 0 hdd\n`);
  if (cpus > 0) system.useCpu(cpus * 1000);
  if (bytes > 0) system.useMemory(bytes);
  const limit = /^(\d+)/.exec(long.get('timeout') ?? options(argv, 't').flags.get('t') ?? '')?.[1];
  if (limit !== undefined) yield* system.sleep(Number(limit) * 1_000_000);
  else yield { wait: 'signal' };
  return 0;
}

function parseBytes(text: string): number {
  const match = /^(\d+)([kKMGmg]?)i?/.exec(text);
  const unit = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(match?.[2] ?? '').toLowerCase()] ?? 1;
  return Number(match?.[1] ?? 0) * unit;
}
