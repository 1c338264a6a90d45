/**
 * Small worlds: three nodes and ten objects, from a store that is up to converged, as campaigns run them by the thousand.
 *
 * CPU time of one core; a campaign uses as many workers as there are cores. The world has a Deployment of three pods and a Service
 * (which make ten objects: Deployment, ReplicaSet, three pods, Service, Endpoints, EndpointSlice, and two config maps).
 */
import { createCluster } from '../models/kubernetes/cluster/simulation.ts';
import { clusterHeader } from '../models/kubernetes/cluster/header.ts';
import type { Backup } from '../models/kubernetes/cluster/config.ts';
import { warmStore } from '../models/kubernetes/campaign/warm.ts';
import { clusterProperties } from '../models/kubernetes/property/cluster-properties.ts';
import { ObjectView } from '../models/kubernetes/property/object-view.ts';
import { DEFAULT_EPOCH } from '../models/kubernetes/cluster/config.ts';
import type { KubeObject } from '../models/kubernetes/object/types.ts';
import { BROTLI, nodeSha256 } from '../src/log/node.ts';
import { LogWriter } from '../src/log/writer.ts';
import { Checker } from '../src/property/checker.ts';
import { cpuSeconds, line } from './machine.ts';

const object = (apiVersion: string, kind: string, name: string, rest: object): KubeObject => ({ apiVersion, kind, metadata: { name } as KubeObject['metadata'], ...rest });
const MANIFESTS: readonly KubeObject[] = [
  object('v1', 'ConfigMap', 'one', { data: { key: 'value' } }),
  object('v1', 'ConfigMap', 'two', { data: { key: 'value' } }),
  object('v1', 'Service', 'web', { spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }),
  object('apps/v1', 'Deployment', 'web', {
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'registry.k8s.io/pause:3.10' }] } },
    },
  }),
];

type Mode = 'bare' | 'logged' | 'judged';

/** Steps of one world. */
function world(seed: string, backup: Backup, mode: Mode): number {
  const cluster = createCluster({ seed, nodes: 3, timing: 'zero', disable: ['coredns'], addons: [], manifests: MANIFESTS, freeze: false, guard: false, backup });
  if (mode === 'logged') {
    const header = clusterHeader(cluster.config, { seed });
    const writer = new LogWriter({ write: () => undefined }, header, { codec: BROTLI, sha256: nodeSha256 });
    cluster.kernel.setSink((record) => writer.append(record));
  }
  const checker = mode === 'judged' ? Checker.attach(cluster.kernel, clusterProperties({ objects: new ObjectView(backup.values) })) : undefined;
  const { isConverged } = cluster.runUntilConverged();
  checker?.expectHolds();
  if (!isConverged) throw new Error(`the world ${seed} did not converge`);
  return cluster.kernel.seq;
}

const MODES: readonly Mode[] = ['bare', 'logged', 'judged'];
/** Worlds of each mode before anything is measured: a campaign runs thousands, so what counts is code that is compiled. */
const WARM_UP = 60;
const ROUNDS = 15;
const WORLDS = 10;

interface Costs {
  /** CPU seconds of a world, the least of all rounds: other work on the machine only ever adds to it. */
  readonly seconds: Readonly<Record<Mode, number>>;
  /** What a judged world costs of a bare one, the median of all rounds. */
  readonly judged: number;
  readonly steps: number;
}

/** Measures the modes in turns, so that a machine that grows slower or faster does so for all. */
function costs(backup: Backup): Costs {
  const seconds: Record<Mode, number> = { bare: Infinity, logged: Infinity, judged: Infinity };
  const ratios: number[] = [];
  let steps = 0;
  for (let index = 0; index < WARM_UP; index++) for (const mode of MODES) world(`warm/${index}`, backup, mode);
  for (let round = 0; round < ROUNDS; round++) {
    const taken: Record<Mode, number> = { bare: 0, logged: 0, judged: 0 };
    for (const mode of MODES) {
      taken[mode] = cpuSeconds(() => {
        for (let index = 0; index < WORLDS; index++) steps = world(`${round}/${index}`, backup, mode);
      });
      seconds[mode] = Math.min(seconds[mode], taken[mode] / WORLDS);
    }
    ratios.push(taken.judged / taken.bare);
  }
  ratios.sort((a, b) => a - b);
  return { seconds, judged: ratios[ratios.length >> 1] as number, steps };
}

/** Prints how many worlds two cores make in a second, and what logs and properties add. */
export function worldBench(): void {
  const { seconds, judged, steps } = costs(warmStore({ nodes: 3, epoch: DEFAULT_EPOCH }));
  line(`small worlds on 2 cores, ${steps} steps each`, 2 / seconds.bare, 'worlds/s', '≥ 1,000');
  line('the same with a log', 2 / seconds.logged, 'worlds/s', '≥ 1,000');
  line('what the default properties add', (judged - 1) * 100, '%', '< 15');
}
