/**
 * Looking into a long log: a run of 100 nodes with a million records, made here and read in a process of its own.
 *
 * Measured is what a person waits for: opening the log, the objects at random positions, the API at one of them, `why` of objects in
 * all kinds of states, and the memory that all this took. At the end some states are compared with those of a plain fold.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DEFAULT_CONFIG } from '../models/kubernetes/cluster/config.ts';
import { FINGERPRINT } from '../models/kubernetes/cluster/header.ts';
import { Moment } from '../models/kubernetes/cluster/moment.ts';
import { tell } from '../models/kubernetes/explain/argument.ts';
import { askObject, kindIn, type Named } from '../models/kubernetes/explain/ask.ts';
import { blameSeeking } from '../models/kubernetes/explain/blame.ts';
import { STORE_VIEW, type StoreView } from '../models/kubernetes/explain/store-view.ts';
import { canonical } from '../src/log/canonical.ts';
import { openLog } from '../src/log/node.ts';
import { fold } from '../src/replay/projection.ts';
import { Seeker } from '../src/replay/seek.ts';
import { RandomChooser } from '../src/kernel/choice.ts';
import { NODES, writeChurn } from './churn.ts';
import { cpuSeconds, line } from './machine.ts';

const RECORDS = 1_000_000;
const COMPARED = 8;
/** The reading process finds its log here. */
const LOG = 'KUBETWIN_BENCH_LOG';

/** Prints the numbers. */
export function debuggingBench(): void {
  const given = process.env[LOG];
  if (given !== undefined) return read(given);
  const path = join(tmpdir(), `kubetwin-bench-${RECORDS}-${`${FINGERPRINT} ${STORE_VIEW.name}`.replaceAll(/\W+/g, '-')}.log`);
  if (!existsSync(path)) writeChurn(path, RECORDS);
  console.log(`a log of ${NODES} nodes: ${path}, ${(statSync(path).size / 2 ** 20).toFixed(1)} MiB`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', process.argv[1] as string, 'debugging'], { stdio: 'inherit', env: { ...process.env, [LOG]: path } });
  if (status !== 0) throw new Error('the reading process failed');
}

const QUESTIONS = ['pod', 'service', 'deployment', 'replicaset', 'node', 'namespace'];

function read(path: string): void {
  const draw = new RandomChooser('bench');
  const opened = performance.now();
  const { reader: log, close } = openLog(path);
  line(`opening a log of ${log.length} records`, performance.now() - opened, 'ms', '< 1000');
  const seeker = new Seeker(log, STORE_VIEW);
  const seeks = Array.from({ length: 1000 }, () => timed(() => seeker.at(draw.choose('bench', 'position', log.length + 1))));
  line('the objects at a random position, median', quantile(seeks, 0.5), 'ms');
  line('the objects at a random position, p99', quantile(seeks, 0.99), 'ms', '< 200');
  const view = seeker.at(log.length >> 1);
  line('the API over half a million records, ready', timed(() => new Moment(view, log.timeOf(log.length >> 1), { epoch: DEFAULT_CONFIG.epoch, authorization: 'AlwaysAllow' })), 'ms');
  const asked: number[] = [];
  for (let i = 0; i < 300; i++) {
    const position = draw.choose('bench', 'position', log.length) + 1;
    const place = { log, position, view: seeker.at(position) };
    const info = kindIn(place.view, QUESTIONS[i % QUESTIONS.length] as string) as Named;
    const keys = [...place.view.objects.keys()].filter((key) => key.startsWith(`/registry/${info.keyPrefix}/`));
    const key = keys[draw.choose('bench', 'object', Math.max(1, keys.length))];
    if (key === undefined) continue;
    const name = key.slice(key.lastIndexOf('/') + 1);
    asked.push(timed(() => tell(place, askObject(place, info, 'default', name, []) as never)));
  }
  line(`why, of ${asked.length} objects, median`, quantile(asked, 0.5), 'ms');
  line('why, p99', quantile(asked, 0.99), 'ms', '< 500');
  line('why, the slowest', Math.max(...asked), 'ms', '< 500');
  const blamed = Array.from({ length: 50 }, (_, i) => timed(() => blameSeeking(seeker, `/registry/minions/node-${i + 1}`, '/spec/podCIDR', log.length)));
  line('blame of a field written once at the start, p99', quantile(blamed, 0.99), 'ms');
  line('memory at the most', process.resourceUsage().maxRSS / 1024, 'MiB', '< 500');
  line(`states that are those of a plain fold, by hash, of ${COMPARED}`, sameStates(seeker), '', String(COMPARED));
  close();
}

/** At how many positions the state by snapshots is the state of a fold from the start that reads none. */
function sameStates(seeker: Seeker<StoreView>): number {
  const { log } = seeker;
  const plain = STORE_VIEW.init();
  let same = 0;
  for (let i = 1, from = 0; i <= COMPARED; i++) {
    const position = Math.floor((log.length * i) / COMPARED);
    fold(log, STORE_VIEW, plain, from, position);
    from = position;
    if (hashOf(plain) === hashOf(seeker.at(position))) same++;
  }
  return same;
}

const hashOf = (view: StoreView): string => createHash('sha256').update(canonical(STORE_VIEW.encode(view))).digest('hex');

/** CPU milliseconds. */
const timed = (work: () => unknown): number => cpuSeconds(work) * 1000;

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}
