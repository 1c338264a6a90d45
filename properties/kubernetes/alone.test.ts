/**
 * Every actor of a run of 50 nodes, executed alone from the log: the others are silent, and each of its steps wants the same again.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG, type ClusterConfig } from '../../models/kubernetes/cluster/config.ts';
import { asLogged, clusterHeader } from '../../models/kubernetes/cluster/header.ts';
import { buildRun, readMessage } from '../../models/kubernetes/cluster/model.ts';
import type { Store } from '../../models/kubernetes/etcd/store.ts';
import { parseManifests } from '../../models/kubernetes/manifest/parse.ts';
import type { Kernel } from '../../src/index.ts';
import { canonical } from '../../src/log/canonical.ts';
import { BROTLI, nodeSha256 } from '../../src/log/node.ts';
import type { Json } from '../../src/log/record.ts';
import { replayAlone } from '../../src/replay/alone.ts';
import { describeDivergence } from '../../src/replay/divergence.ts';
import type { BuildRun } from '../../src/replay/replay.ts';
import { recordRun } from '../engine/toy/record.ts';

const MANIFESTS = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 40
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

const parsed = parseManifests(MANIFESTS, 'web.yaml');
if (parsed._tag === 'Left') throw new Error('the manifests are sound');
const config: ClusterConfig = { ...DEFAULT_CONFIG, nodes: 50, manifests: parsed.right.map(({ object }) => object) };

let end: Kernel | undefined;
const log = recordRun(
  clusterHeader(asLogged(config), { seed: 'alone', level: 'full' }),
  buildRun,
  (kernel) => {
    end = kernel;
    kernel.run({ until: 4_000_000 });
    kernel.control({ kind: 'crash', actor: 'kubelet/node-7', reason: 'by hand' }, 4_000_000, true);
    kernel.control({ kind: 'crash', actor: 'kube-controller-manager', reason: 'by hand' }, 4_500_000, true);
    kernel.control({ kind: 'restart', actor: 'kube-controller-manager' }, 5_000_000, true);
    kernel.control({ kind: 'restart', actor: 'kubelet/node-7' }, 6_000_000, true);
    kernel.run({ until: 7_000_000 });
  },
  { codec: BROTLI, sha256: nodeSha256, blockRecords: 1024 },
);

const hashOf = (state: unknown): string => {
  const hash = createHash('sha256');
  for (const { key, object } of (state as { store: Store }).store.range('/registry/', 0)) hash.update(`${key}\n${canonical(object as unknown as Json)}\n`);
  return hash.digest('hex');
};

/** The first record at which an actor does something else. */
const differences = (ids: readonly string[]): readonly string[] =>
  [...replayAlone(log, buildRun, ids, { read: readMessage })].flatMap(([id, result]) => (result.kind === 'same' ? [] : [`${id}: ${describeDivergence(result.divergence)}`]));

describe('an actor alone', () => {
  const actors = end?.actors() ?? [];

  it('does again what it did, each of some hundred and fifty', () => {
    expect(actors.length).toBeGreaterThan(150);
    expect(differences(actors.map(({ id }) => id))).toEqual([]);
  });

  it.each([...new Map(actors.map(({ type, id }) => [type, id]))])('of the type %s does so even when no other is there (%s)', (_type, id) => {
    expect(differences([id])).toEqual([]);
  });

  it('comes to the same state', () => {
    const result = replayAlone(log, buildRun, ['etcd']).get('etcd');
    expect(result?.kind === 'same' && hashOf(result.state)).toBe(hashOf(end?.state('etcd')));
  });

  it('is caught when it does something else', () => {
    const other: BuildRun = (header, options) => buildRun({ ...header, config: asLogged({ ...config, epoch: config.epoch + 1000 }) as never }, options);
    expect(replayAlone(log, other, ['kube-scheduler'], { read: readMessage }).get('kube-scheduler')).toMatchObject({ kind: 'divergence', divergence: { actor: 'kube-scheduler' } });
  });
});
