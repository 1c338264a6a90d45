/**
 * The store at a position, folded from texts that are parsed when looked at, equals the store folded from parsed facts.
 */
import { describe, expect, it } from 'vitest';
import { LogReader } from '../../../src/log/reader.ts';
import { bytesSource } from '../../../src/log/recover.ts';
import { LogWriter } from '../../../src/log/writer.ts';
import { Seeker } from '../../../src/replay/seek.ts';
import { snapshotting } from '../../../src/replay/snapshot.ts';
import { clusterHeader } from '../cluster/header.ts';
import { createCluster } from '../cluster/simulation.ts';
import { blameField, blameSeeking } from './blame.ts';
import { STORE_VIEW, type StoreView } from './store-view.ts';

const chunks: Uint8Array[] = [];
const cluster = createCluster({ seed: '1', nodes: 2, freeze: false, guard: false });
const header = clusterHeader(cluster.config);
const writer = new LogWriter({ write: (bytes) => void chunks.push(bytes) }, header, { blockRecords: 128 });
cluster.kernel.setSink(snapshotting(writer, STORE_VIEW, 200));
cluster.apply('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: wéb}\nspec: {replicas: 2, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}}'.replace('wéb', 'web'));
cluster.runFor(20_000_000);
cluster.kernel.control({ kind: 'crash', actor: 'kubelet/node-2' }, cluster.now, true);
cluster.delete('apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, annotations: {note: "ümläut"}}');
cluster.runFor(40_000_000);
writer.close();
const log = new LogReader(bytesSource(Buffer.concat(chunks)));

const content = (view: StoreView): unknown => [view.revision, [...view.objects].map(([key, { object, revision, seq, writes }]) => [key, object, revision, seq, writes]).sort(), [...view.gone].sort(), [...view.steps].sort(), [...view.controls].sort()];

describe('the store at a position', () => {
  it('is the same by snapshots and texts as by parsed facts, wherever one looks', () => {
    expect(log.snapshots.length).toBeGreaterThan(1);
    const seeker = new Seeker(log, STORE_VIEW, { kept: 3, stride: 100 });
    const plain = STORE_VIEW.init();
    const positions = [0, 1, 400, 555, 900, log.length - 200, log.length - 1, log.length];
    for (const record of log.records()) {
      if (positions.includes(record.seq)) expect(content(seeker.at(record.seq))).toEqual(content(plain));
      STORE_VIEW.apply(plain, record);
    }
    expect(content(seeker.at(log.length))).toEqual(content(plain));
    // A seeker that keeps nothing yet begins at the newest snapshot.
    expect(content(new Seeker(log, STORE_VIEW).at(log.length))).toEqual(content(plain));
    expect(content(STORE_VIEW.decode(STORE_VIEW.encode(plain)))).toEqual(content(plain));
    expect(plain.objects.size).toBeGreaterThan(20);
    expect([plain.gone.size > 0, plain.controls.get('kubelet/node-2')?.length]).toEqual([true, 1]);
  });

  it('knows who wrote a field as well as a search of the whole log does', () => {
    const seeker = new Seeker(log, STORE_VIEW);
    let found = 0;
    for (const position of [900, log.length]) {
      const view = seeker.at(position);
      for (const key of [...view.objects.keys(), ...view.gone.keys()].filter((each) => /^\/registry\/(pods|minions|deployments|replicasets|leases|namespaces)\//.test(each))) {
        for (const pointer of ['', '/spec', '/spec/nodeName', '/status/conditions', '/metadata/deletionTimestamp', '/data']) {
          const [fast, slow] = [blameSeeking(seeker, key, pointer, position), blameField(log, key, pointer, position)];
          expect([key, pointer, fast?.record.seq, fast?.before, fast?.after]).toEqual([key, pointer, slow?.record.seq, slow?.before, slow?.after].map((each) => (each === undefined ? each : JSON.parse(JSON.stringify(each)) as unknown)));
          if (fast !== undefined) found++;
        }
      }
    }
    expect(found).toBeGreaterThan(40);
  });

  it('is what etcd holds at the end', () => {
    const { store } = cluster.kernel.state('etcd') as { store: { revision: number; range(prefix: string, revision: number): { key: string; object: unknown }[] } };
    const view = new Seeker(log, STORE_VIEW).at(log.length);
    expect(view.revision).toBe(store.revision);
    expect([...view.objects.keys()].sort()).toEqual(store.range('/registry/', 0).map(({ key }) => key).sort());
    for (const { key, object } of store.range('/registry/', 0)) {
      expect(view.objects.get(key)?.object).toMatchObject(JSON.parse(JSON.stringify(object)) as object);
    }
  });
});
