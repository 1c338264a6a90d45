/**
 * A long run in little memory: five million records of 100 nodes are written, and looked into, by processes whose heap may grow to
 * 512 MB and no further. It takes a quarter of an hour, so it has to be asked for: `npm run bench -- memory`.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STORE_VIEW } from '../models/kubernetes/explain/store-view.ts';
import { RandomChooser } from '../src/kernel/choice.ts';
import { openLog } from '../src/log/node.ts';
import { Seeker } from '../src/replay/seek.ts';
import { writeChurn } from './churn.ts';
import { line } from './machine.ts';

const RECORDS = 5_000_000;
const HEAP = 512;
/** What the process is to do, and where the log is. */
const TASK = 'KUBETWIN_BENCH_MEMORY';

/** Prints the numbers. Throws when a process ran out of memory. */
export function memoryBench(): void {
  const [task, path] = (process.env[TASK] ?? '').split(' ');
  if (path === undefined) return inProcesses();
  if (task === 'write') writeChurn(path, RECORDS);
  else look(path);
  line(`${task}: memory at the most, with --max-old-space-size=${HEAP}`, process.resourceUsage().maxRSS / 1024, 'MiB');
}

function inProcesses(): void {
  const path = join(tmpdir(), `kubetwin-memory-${process.pid}.log`);
  try {
    for (const task of ['write', 'look']) {
      const { status } = spawnSync(process.execPath, [`--max-old-space-size=${HEAP}`, process.argv[1] as string, 'memory'], { stdio: 'inherit', env: { ...process.env, [TASK]: `${task} ${path}` } });
      if (status !== 0) throw new Error(`${task}: the process failed`);
      if (task === 'write') line('the log', statSync(path).size / 2 ** 20, 'MiB');
    }
  } finally {
    rmSync(path, { force: true });
  }
}

function look(path: string): void {
  const { reader: log, close } = openLog(path);
  const draw = new RandomChooser('memory');
  const seeker = new Seeker(log, STORE_VIEW);
  let most = 0;
  for (let i = 0; i < 500; i++) {
    seeker.at(draw.choose('memory', 'position', log.length + 1));
    most = Math.max(most, seeker.retained);
  }
  line('records', log.length, '', String(RECORDS));
  line('states kept at the most, after 500 positions', most, '', '<= 24');
  close();
}
