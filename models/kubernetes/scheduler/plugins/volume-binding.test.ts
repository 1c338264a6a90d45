import { describe, expect, it } from 'vitest';
import type { KubeObject, Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../object/types.ts';
import { Cache } from '../cache/cache.ts';
import type { Listers } from '../framework/listers.ts';
import type { BindingCycle, Cycle } from '../framework/plugin.ts';
import { podInfoOf } from '../framework/pod-info.ts';
import { staticListers } from '../framework/static-listers.ts';
import type { Status } from '../framework/status.ts';
import { volumeBinding } from './volume-binding.ts';

const cast = <T extends KubeObject>(object: object): T => object as unknown as T;
const node = (name: string): Node => cast({ metadata: { name, labels: { host: name } }, spec: {}, status: { allocatable: { pods: '10' } } });
const pod = (name: string, claim: string): Pod =>
  cast({ metadata: { name, namespace: 'd', uid: name }, spec: { containers: [], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: claim } }] }, status: {} });
const claim = (name: string, more: object = {}): PersistentVolumeClaim =>
  cast({ metadata: { name, namespace: 'd', uid: `uid-${name}`, resourceVersion: '5', ...more }, spec: { storageClassName: 'late', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }, status: { phase: 'Pending' } });
const volume = (name: string, host: string, spec: object = {}): PersistentVolume =>
  cast({
    metadata: { name, resourceVersion: '5' },
    spec: { storageClassName: 'late', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'host', operator: 'In', values: [host] }] }] } }, ...spec },
    status: { phase: 'Available' },
  });
const storageClass = (provisioner: string): StorageClass => cast({ metadata: { name: 'late' }, provisioner, volumeBindingMode: 'WaitForFirstConsumer' });

interface World {
  volumes: PersistentVolume[];
  claims: PersistentVolumeClaim[];
  provisioner?: string;
}

const setup = ({ volumes, claims, provisioner = 'kubernetes.io/no-provisioner' }: World) => {
  const cache = new Cache();
  cache.addNode(node('n1'));
  cache.addNode(node('n2'));
  const snapshot = cache.snapshot();
  const listers: Listers = {
    ...staticListers({ persistentVolumes: volumes, persistentVolumeClaims: claims, storageClasses: [storageClass(provisioner)] }),
    nodeLabels: (name) => ({ host: name }),
    hasPod: () => true,
  };
  const plugin = volumeBinding();
  const cycleOf = (name: string, claimName: string): Cycle => ({ pod: podInfoOf(pod(name, claimName)), snapshot, listers }) as unknown as Cycle;
  /** The nodes that a pod could go to, after its cycle's PreFilter and Filter. */
  const feasible = (cycle: Cycle): string[] => {
    const found = plugin.preFilter?.(cycle);
    if (found?.kind !== 'ok') return [];
    return ['n1', 'n2'].filter((name) => plugin.filter?.(cycle, snapshot.get(name) as never, found.own) === undefined);
  };
  /** Runs PreBind to its end; `onSleep` is what happens in the cluster meanwhile. */
  const preBind = (cycle: Cycle, to: string, onSleep: (writes: KubeObject[]) => void): { status: Status | undefined; writes: KubeObject[] } => {
    const writes: KubeObject[] = [];
    const process = {
      now: 0,
      *sleep(_kind: string, us: number) {
        process.now += us;
        onSleep(writes);
      },
    };
    const client = {
      *update(_resource: unknown, object: KubeObject) {
        writes.push(object);
        return { ok: true, object: { ...object, metadata: { ...object.metadata, resourceVersion: '6' } } };
      },
    };
    const run = plugin.preBind?.({ pod: cycle.pod, listers, process, client } as unknown as BindingCycle, to);
    for (;;) {
      const step = run?.next();
      if (step?.done !== false) return { status: step?.value as Status | undefined, writes };
    }
  };
  return { plugin, cycleOf, feasible, preBind };
};

describe('a volume that a pod was promised', () => {
  it('is what the next pod with the same claim has to go to', () => {
    const { plugin, cycleOf, feasible } = setup({ volumes: [volume('a', 'n1'), volume('b', 'n2')], claims: [claim('c'), claim('other')] });
    const first = cycleOf('p', 'c');
    expect(feasible(first)).toEqual(['n1', 'n2']);
    expect(plugin.reserve?.(first, 'n1')).toBeUndefined();
    expect(feasible(cycleOf('q', 'c'))).toEqual(['n1']);
    expect(feasible(cycleOf('r', 'other'))).toEqual(['n2']);
    plugin.unreserve?.(first, 'n1');
    expect(feasible(cycleOf('q', 'c'))).toEqual(['n1', 'n2']);
  });

  it('is made on the node that was chosen first', () => {
    const { plugin, cycleOf, feasible } = setup({ volumes: [], claims: [claim('c')], provisioner: 'x.y/z' });
    const first = cycleOf('p', 'c');
    expect(feasible(first)).toEqual(['n1', 'n2']);
    plugin.reserve?.(first, 'n2');
    expect(feasible(cycleOf('q', 'c'))).toEqual(['n2']);
  });

  it('is not promised any more once the informer knows better', () => {
    const volumes = [volume('a', 'n1')];
    const { plugin, cycleOf, feasible } = setup({ volumes, claims: [claim('c'), claim('other')] });
    const first = cycleOf('p', 'c');
    feasible(first);
    plugin.reserve?.(first, 'n1');
    expect(feasible(cycleOf('r', 'other'))).toEqual([]);
    volumes[0] = { ...(volumes[0] as PersistentVolume), metadata: { name: 'a', resourceVersion: '9' } as never };
    expect(feasible(cycleOf('r', 'other'))).toEqual(['n1']);
  });
});

describe('a volume that was set aside for a claim', () => {
  it('counts only in the class of the claim', () => {
    const claimRef = { namespace: 'd', name: 'c' };
    const { cycleOf, feasible } = setup({ volumes: [volume('a', 'n1', { claimRef, storageClassName: 'x' }), volume('b', 'n2')], claims: [claim('c')] });
    expect(feasible(cycleOf('p', 'c'))).toEqual(['n2']);
  });

  it('is not marked as bound by the scheduler', () => {
    const claimRef = { namespace: 'd', name: 'c' };
    const { plugin, cycleOf, feasible, preBind } = setup({ volumes: [volume('a', 'n1', { claimRef })], claims: [claim('c')] });
    const cycle = cycleOf('p', 'c');
    feasible(cycle);
    plugin.reserve?.(cycle, 'n1');
    const { writes } = preBind(cycle, 'n1', () => {});
    expect(writes[0]?.metadata.annotations).toBeUndefined();
    expect(writes[0]?.['spec']).toMatchObject({ claimRef: { uid: 'uid-c' } });
  });
});

describe('binding', () => {
  const bound = (writes: readonly KubeObject[], volumes: PersistentVolume[], claims: PersistentVolumeClaim[]): void => {
    volumes[0] = { ...(writes[0] as PersistentVolume), metadata: { ...(writes[0] as PersistentVolume).metadata, resourceVersion: '6' } };
    claims[0] = { ...claim('c', { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' }, resourceVersion: '7' }), spec: { ...claim('c').spec, volumeName: 'a' } };
  };

  it.each<[string, (w: Required<Omit<World, 'provisioner'>>, writes: readonly KubeObject[]) => void, string | undefined]>([
    ['ends once all is bound', ({ volumes, claims }, writes) => bound(writes, volumes, claims), undefined],
    ['waits for a claim that is not bound', () => {}, 'binding volumes: context deadline exceeded'],
    ['fails when the claim has gone', ({ claims }) => claims.splice(0), 'binding volumes: failed to check binding: could not find v1.PersistentVolumeClaim "d/c"'],
    ['fails when the volume has gone', ({ volumes }) => volumes.splice(0), 'binding volumes: failed to check binding: could not find v1.PersistentVolume "a"'],
    ['fails when the volume was taken back', ({ volumes }) => (volumes[0] = { ...volume('a', 'n1'), metadata: { name: 'a', resourceVersion: '8' } as never }), 'binding volumes: ClaimRef got reset for pv "a"'],
  ])('%s', (_what, meanwhile, message) => {
    const world = { volumes: [volume('a', 'n1')], claims: [claim('c')] };
    const { plugin, cycleOf, feasible, preBind } = setup(world);
    const cycle = cycleOf('p', 'c');
    feasible(cycle);
    plugin.reserve?.(cycle, 'n1');
    const { status } = preBind(cycle, 'n1', (writes) => meanwhile(world, writes));
    expect(status?.reasons.join()).toBe(message);
  });
});
