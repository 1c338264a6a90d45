/**
 * Two controller managers: one of them acts, and when it dies the other goes on with its work.
 *
 * The one window that upstream has too: a leader that was stopped for longer than its lease wakes up and does not know yet. It tries to
 * renew until the renew deadline has passed, and acts until then; there is no fencing token.
 */
import { describe, expect, it } from 'vitest';
import { createCluster, type Simulation } from '../../../models/kubernetes/cluster/simulation.ts';
import { controllerManagerIds } from '../../../models/kubernetes/cluster/actor-ids.ts';
import { controllerManagerState } from '../../../models/kubernetes/controller-manager/controller-manager.ts';
import type { KubeObject } from '../../../models/kubernetes/object/types.ts';

const SECOND = 1_000_000;
/** leaderelection.go: LeaseDuration, RetryPeriod with its jitter, RenewDeadline. */
const LEASE = 15 * SECOND;
const RETRY = 4.4 * SECOND;
const RENEW = 10 * SECOND;

const web = (replicas: number): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'registry.k8s.io/pause:3.10' }] } } },
  }) as unknown as KubeObject;

const MANAGERS = controllerManagerIds(2);

const leaders = ({ kernel }: Simulation): readonly string[] => MANAGERS.filter((id) => controllerManagerState(kernel.state(id))?.isLeader === true);

/** How long two led at once, µs, and whether anybody ever led. */
function watchLeaders(cluster: Simulation): { readonly overlap: () => number; readonly seen: Set<string> } {
  const seen = new Set<string>();
  let overlap = 0;
  let since: number | undefined;
  cluster.committed$.subscribe(({ time, actor }) => {
    if (!MANAGERS.includes(actor)) return;
    const now = leaders(cluster);
    for (const id of now) seen.add(id);
    if (now.length > 1) since ??= time;
    else if (since !== undefined) {
      overlap += time - since;
      since = undefined;
    }
  });
  return { overlap: () => overlap + (since === undefined ? 0 : cluster.now - since), seen };
}

function started(seed: string): { readonly cluster: Simulation; readonly leader: string } {
  const cluster = createCluster({ seed, nodes: 2, controllerManagers: 2, timing: 'fast' });
  cluster.runFor(30 * SECOND);
  const [leader] = leaders(cluster);
  if (leader === undefined) throw new Error('nobody leads after half a minute');
  return { cluster, leader };
}

describe('two controller managers', () => {
  it.each(['1', '2', '3'])('one leads, and its death loses no work (seed %s)', (seed) => {
    const { cluster, leader } = started(seed);
    const watched = watchLeaders(cluster);
    cluster.apply([web(6)]);
    cluster.runFor(0.02 * SECOND);
    cluster.kernel.control({ kind: 'crash', actor: leader }, cluster.now, true);
    cluster.kernel.control({ kind: 'restart', actor: leader }, cluster.now + 60 * SECOND);
    cluster.runFor(LEASE + RETRY + SECOND);
    expect(leaders(cluster)).toEqual(MANAGERS.filter((id) => id !== leader));
    const { isConverged, pending } = cluster.runUntilConverged(60 * SECOND);
    expect({ isConverged, pending }).toEqual({ isConverged: true, pending: [] });
    expect(cluster.list('pods', 'default').filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(6);
    cluster.runFor(60 * SECOND);
    expect(leaders(cluster)).toHaveLength(1);
    expect(watched.overlap()).toBe(0);
    expect(watched.seen.size).toBe(2);
  });

  it('overlap only until a leader that was stopped finds out', () => {
    const { cluster, leader } = started('4');
    const wakes = cluster.now + 40 * SECOND;
    let lastStep = 0;
    cluster.committed$.subscribe(({ time, actor }) => {
      if (actor === leader && leaders(cluster).length > 1) lastStep = time;
    });
    cluster.apply([web(3)]);
    cluster.kernel.control({ kind: 'pause', actor: leader }, cluster.now + SECOND);
    cluster.kernel.control({ kind: 'resume', actor: leader }, wakes);
    cluster.runFor(39 * SECOND);
    expect(leaders(cluster).length).toBeGreaterThan(0);
    cluster.apply([web(5)]);
    cluster.runFor(RENEW + 20 * SECOND);
    expect(leaders(cluster)).toEqual(MANAGERS.filter((id) => id !== leader));
    // While it is stopped the old leader does nothing; awake it has its renew deadline.
    expect(lastStep - wakes).toBeGreaterThan(0);
    expect(lastStep - wakes).toBeLessThan(RENEW + RETRY);
    const { isConverged, pending } = cluster.runUntilConverged(120 * SECOND);
    expect({ isConverged, pending }).toEqual({ isConverged: true, pending: [] });
    expect(cluster.list('pods', 'default').filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(5);
  });
});
