// Runs the demo in a worker thread, after unrelated runs, and tells the log's hash.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

const { root, unrelated } = workerData;
const { createCluster, hashOfRun, parseManifests } = await import(join(root, 'dist/index.js'));

for (let run = 0; run < unrelated; run++) {
  const cluster = createCluster({ seed: `unrelated ${run}`, nodes: run % 3, timing: 'zero' });
  cluster.runFor(2_000_000);
}
const folder = join(root, 'examples/demo');
const manifests = readdirSync(folder).sort().flatMap((name) => parseManifests(readFileSync(join(folder, name), 'utf8'), name).right.map(({ object }) => object));
const cluster = createCluster({ seed: '1', nodes: 3, manifests });
const hash = hashOfRun(cluster.kernel, 'facts');
cluster.runUntilConverged();
parentPort.postMessage(hash());
