/**
 * Looking into a long log: a run of 100 nodes with a million records, made here and read in a process of its own.
 *
 * The cluster rolls deployments out again and again, loses nodes and gets them back. Measured is what a person waits for: opening the
 * log, the objects at random positions, the API at one of them, `why` of objects in all kinds of states, and the memory that all this
 * took.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { DEFAULT_CONFIG } from '../models/kubernetes/cluster/config.ts';
import { clusterHeader, FINGERPRINT } from '../models/kubernetes/cluster/header.ts';
import { Moment } from '../models/kubernetes/cluster/moment.ts';
import { createCluster, type Simulation } from '../models/kubernetes/cluster/simulation.ts';
import { tell } from '../models/kubernetes/explain/argument.ts';
import { askObject, kindIn, type Named } from '../models/kubernetes/explain/ask.ts';
import { blameSeeking } from '../models/kubernetes/explain/blame.ts';
import { STORE_VIEW } from '../models/kubernetes/explain/store-view.ts';
import type { KubeObject } from '../models/kubernetes/object/types.ts';
import { createLog, openLog } from '../src/log/node.ts';
import { Seeker } from '../src/replay/seek.ts';
import { snapshotting } from '../src/replay/snapshot.ts';
import { RandomChooser } from '../src/kernel/choice.ts';
import { line } from './machine.ts';

const NODES = 100;
const RECORDS = 1_000_000;
const DEPLOYMENTS = 20;
const REPLICAS = 25;
/** The reading process finds its log here. */
const LOG = 'KUBETWIN_BENCH_LOG';

/** Prints the numbers. */
export function debuggingBench(): void {
  const given = process.env[LOG];
  if (given !== undefined) return read(given);
  const path = join(tmpdir(), `kubetwin-bench-${RECORDS}-${FINGERPRINT.replaceAll('/', '-')}.log`);
  if (!existsSync(path)) build(path);
  console.log(`a log of ${NODES} nodes: ${path}, ${(statSync(path).size / 2 ** 20).toFixed(1)} MiB`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', process.argv[1] as string, 'debugging'], { stdio: 'inherit', env: { ...process.env, [LOG]: path } });
  if (status !== 0) throw new Error('the reading process failed');
}

function deployment(i: number, version: number): KubeObject {
  const labels = { app: `web-${i}` };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `web-${i}`, namespace: 'default' },
    spec: {
      replicas: REPLICAS,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        // Every fifth version cannot be scheduled: its rollout gets stuck until the next one.
        spec: { containers: [{ name: 'web', image: `nginx:1.${version}`, ports: [{ name: 'http', containerPort: 80 }], resources: { requests: { cpu: '100m', memory: version % 5 === 4 ? '900Gi' : '64Mi' } } }] },
      },
    },
  } as unknown as KubeObject;
}

const service = (i: number): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: `web-${i}`, namespace: 'default' }, spec: { selector: { app: `web-${i}` }, ports: [{ port: 80 }] } }) as unknown as KubeObject;

function build(path: string): void {
  const manifests = Array.from({ length: DEPLOYMENTS }, (_, i) => [deployment(i, 0), service(i)]).flat();
  const config = { ...DEFAULT_CONFIG, nodes: NODES, manifests };
  const header = clusterHeader(config);
  const started = process.cpuUsage();
  const file = createLog(path, header);
  const cluster = createCluster({ ...config, seed: '1', freeze: false, guard: false });
  cluster.kernel.setSink(snapshotting(file.writer, STORE_VIEW));
  for (let round = 1; cluster.kernel.seq < RECORDS; round++) churn(cluster, round);
  file.writer.close();
  file.end();
  const { user, system } = process.cpuUsage(started);
  line('making the log', RECORDS / ((user + system) / 1_000_000), 'records a CPU second');
}

/** Twenty virtual seconds: a deployment is rolled out, a node goes, the one before comes back. */
function churn(cluster: Simulation, round: number): void {
  cluster.apply([deployment(round % DEPLOYMENTS, round)]);
  const node = (n: number): string => `kubelet/node-${(n % NODES) + 1}`;
  if (round % 3 === 0) cluster.kernel.control({ kind: 'crash', actor: node(round), reason: 'bench' }, cluster.now, true);
  if (round % 3 === 2) cluster.kernel.control({ kind: 'restart', actor: node(round - 2) }, cluster.now, true);
  const end = cluster.now + 20_000_000;
  cluster.kernel.run({ until: end, while: () => cluster.kernel.seq < RECORDS });
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
  close();
}

/** CPU milliseconds: other programs on the machine do not count. */
function timed(work: () => unknown): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}
