/**
 * The demo's wall time after start-up: a three-node cluster from nothing to converged, without and with a log.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { isRight } from 'fp-ts/lib/Either.js';
import { createCluster } from '../models/kubernetes/cluster/simulation.ts';
import { clusterHeader } from '../models/kubernetes/cluster/header.ts';
import { parseManifests } from '../models/kubernetes/manifest/parse.ts';
import type { KubeObject } from '../models/kubernetes/object/types.ts';
import { BROTLI, nodeSha256 } from '../src/log/node.ts';
import { LogWriter } from '../src/log/writer.ts';
import { line } from './machine.ts';

function manifests(): KubeObject[] {
  const folder = new URL('../examples/demo/', import.meta.url);
  return readdirSync(folder).sort().flatMap((name) => {
    const parsed = parseManifests(readFileSync(new URL(name, folder), 'utf8'), name);
    return isRight(parsed) ? parsed.right.map(({ object }) => object) : [];
  });
}

/** Seconds of one demo run, and its steps. */
function demo(isLogged: boolean): { readonly seconds: number; readonly steps: number; readonly isConverged: boolean } {
  const started = performance.now();
  const cluster = createCluster({ seed: '1', nodes: 3, manifests: manifests(), freeze: false });
  if (isLogged) {
    const header = clusterHeader(cluster.config);
    const writer = new LogWriter({ write: () => undefined }, header, { codec: BROTLI, sha256: nodeSha256 });
    cluster.kernel.setSink((record) => writer.append(record));
  }
  const { isConverged } = cluster.runUntilConverged();
  return { seconds: (performance.now() - started) / 1000, steps: cluster.kernel.seq, isConverged };
}

/** Prints the demo's numbers. */
export function demoBench(): void {
  for (const isLogged of [false, true]) {
    const runs = Array.from({ length: 5 }, () => demo(isLogged));
    const seconds = Math.min(...runs.map((run) => run.seconds));
    const [first] = runs;
    line(`demo, 3 nodes, ${isLogged ? 'logged' : 'not logged'}, ${first?.steps} steps${first?.isConverged ? '' : ' (NOT CONVERGED)'}`, seconds, 's', '< 1');
  }
}
