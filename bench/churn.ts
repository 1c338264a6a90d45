/**
 * The run that the benches of long logs look into: 100 nodes, where deployments are rolled out again and again, nodes are lost and
 * come back.
 */
import { DEFAULT_CONFIG } from '../models/kubernetes/cluster/config.ts';
import { clusterHeader } from '../models/kubernetes/cluster/header.ts';
import { createCluster, type Simulation } from '../models/kubernetes/cluster/simulation.ts';
import { STORE_VIEW } from '../models/kubernetes/explain/store-view.ts';
import type { KubeObject } from '../models/kubernetes/object/types.ts';
import { createLog } from '../src/log/node.ts';
import { snapshotting } from '../src/replay/snapshot.ts';
import { cpuSeconds, line } from './machine.ts';

export const NODES = 100;
const DEPLOYMENTS = 20;
const REPLICAS = 25;

/** Writes the log of a run of so many records, and prints what that took. */
export function writeChurn(path: string, records: number): void {
  const manifests = Array.from({ length: DEPLOYMENTS }, (_, i) => [deployment(i, 0), service(i)]).flat();
  const config = { ...DEFAULT_CONFIG, nodes: NODES, manifests };
  const seconds = cpuSeconds(() => {
    const file = createLog(path, clusterHeader(config));
    const cluster = createCluster({ ...config, seed: '1', freeze: false, guard: false });
    cluster.kernel.setSink(snapshotting(file.writer, STORE_VIEW));
    for (let round = 1; cluster.kernel.seq < records; round++) churn(cluster, round, records);
    file.writer.close();
    file.end();
  });
  line('making the log', records / seconds, 'records a CPU second');
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

/** Twenty virtual seconds: a deployment is rolled out, a node goes, the one before comes back. */
function churn(cluster: Simulation, round: number, records: number): void {
  cluster.apply([deployment(round % DEPLOYMENTS, round)]);
  const node = (n: number): string => `kubelet/node-${(n % NODES) + 1}`;
  if (round % 3 === 0) cluster.kernel.control({ kind: 'crash', actor: node(round), reason: 'bench' }, cluster.now, true);
  if (round % 3 === 2) cluster.kernel.control({ kind: 'restart', actor: node(round - 2) }, cluster.now, true);
  const end = cluster.now + 20_000_000;
  cluster.kernel.run({ until: end, while: () => cluster.kernel.seq < records });
}
