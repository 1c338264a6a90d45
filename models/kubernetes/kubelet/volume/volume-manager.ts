/**
 * Mounts what pods need before their sandbox is made, and unmounts it when they have terminated (pkg/kubelet/volumemanager).
 *
 * Upstream's populator and reconciler look around every 100 ms and the pod's worker every 300 ms. Here the points of time
 * are the same, and nothing runs in between.
 */
import type { Process, Task } from '../../client/process.ts';
import type { core, Pod } from '../../object/types.ts';
import type { EnvironmentInputs } from '../container/environment.ts';
import { type CriClient, rpcError } from '../cri-client.ts';
import { isRefreshable, ownPath, planVolume, type Sources, usedVolumes } from './plan.ts';
import { unregistered } from './unregistered-sources.ts';

/** volume_manager.go: podAttachAndMountRetryInterval, podAttachAndMountTimeout, reconcilerLoopSleepPeriod. */
const POLL_US = 300_000;
const TIMEOUT_US = 123_000_000;
const LOOP_US = 100_000;
/** util/goroutinemap/exponentialbackoff: 500 ms, doubled to 2m2s. */
const RETRY_US = 500_000;
const RETRY_MAX_US = 122_000_000;

interface Mounted {
  path: string | undefined;
  /** Is the operation running, or waiting to be repeated? */
  busy: boolean;
  /** Its name in the node's status, if it is one that is attached. */
  inUse?: string;
  /** The pod has stopped: what is not there yet is not tried again. */
  isUnwanted?: boolean;
  readonly volume: core.Volume;
}

export class VolumeManager {
  readonly #process: Process;
  readonly #cri: CriClient;
  readonly #sources: Sources;
  readonly #pods = new Map<string, Map<string, Mounted>>();
  readonly #fail: (pod: Pod, message: string) => void;
  readonly #usedChanged: () => void;

  /** `fail` tells of a mount that failed, `usedChanged` that the volumes in use are others. */
  constructor(process: Process, cri: CriClient, sources: Sources, fail: (pod: Pod, message: string) => void, usedChanged: () => void) {
    this.#process = process;
    this.#cri = cri;
    this.#sources = sources;
    this.#fail = fail;
    this.#usedChanged = usedChanged;
  }

  /** Attachable volumes that pods of the node have or are to have: nobody may detach them (`status.volumesInUse`). */
  get inUse(): readonly string[] {
    const all = [...this.#pods.values()].flatMap((volumes) => [...volumes.values()].flatMap(({ inUse }) => inUse ?? []));
    return [...new Set(all)].sort();
  }

  /** Where a volume of a pod is on the node. */
  pathOf(uid: string, name: string): string | undefined {
    return this.#pods.get(uid)?.get(name)?.path;
  }

  /** Volumes whose content may change: their pods are synced again and again. */
  needsRefresh(pod: Pod): boolean {
    return usedVolumes(pod).some(isRefreshable);
  }

  /** Waits until all volumes of the pod are mounted. The answer is an error text, if it took too long. */
  *waitFor(pod: Pod, inputs: EnvironmentInputs, isCancelled: () => boolean): Task<string | undefined> {
    const used = usedVolumes(pod);
    if (used.length === 0) return undefined;
    const { uid } = pod.metadata;
    let volumes = this.#pods.get(uid);
    if (volumes === undefined) this.#pods.set(uid, (volumes = new Map()));
    else this.#refresh(pod, volumes, inputs);
    for (const volume of used) {
      if (volumes.has(volume.name)) continue;
      const mounted: Mounted = { path: undefined, busy: true, volume };
      volumes.set(volume.name, mounted);
      this.#process.go(this.#mount(pod, mounted, inputs, true));
    }
    const startedUs = this.#process.now;
    const missing = (): core.Volume[] => used.filter(({ name }) => this.pathOf(uid, name) === undefined);
    while (missing().length > 0) {
      if (isCancelled()) return 'context canceled';
      if (this.#process.now - startedUs >= TIMEOUT_US) {
        const names = missing().map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1));
        return `unmounted volumes=[${names.join(' ')}], unattached volumes=[], failed to process volumes=[]: context deadline exceeded`;
      }
      yield* this.#process.sleep('volume.wait', POLL_US);
    }
    return undefined;
  }

  /**
   * Takes over the volumes of a pod that a kubelet finds terminating when it starts (populator, before `hasAddedPods`): its containers
   * may still use them. They are set up again; config maps and secrets fail, as only the sync of a pod that may run registers them.
   */
  restore(pod: Pod, inputs: EnvironmentInputs): void {
    const { uid } = pod.metadata;
    if (this.#pods.has(uid)) return;
    const volumes = new Map<string, Mounted>();
    this.#pods.set(uid, volumes);
    for (const volume of usedVolumes(pod)) {
      const mounted: Mounted = { path: ownPath(pod, volume), busy: true, volume };
      volumes.set(volume.name, mounted);
      this.#process.go(this.#mount(pod, mounted, inputs, true, unregistered(this.#sources)));
    }
  }

  /** A sync asks for a remount of everything that can change; the old files stay in use meanwhile. */
  #refresh(pod: Pod, volumes: Map<string, Mounted>, inputs: EnvironmentInputs): void {
    for (const mounted of volumes.values()) {
      if (mounted.busy || mounted.path === undefined || !isRefreshable(mounted.volume)) continue;
      mounted.busy = true;
      this.#process.go(this.#mount(pod, mounted, inputs, false));
    }
  }

  *#mount(pod: Pod, mounted: Mounted, inputs: EnvironmentInputs, isFirst: boolean, sources = this.#sources): Task {
    // The populator's loop, then the reconciler's.
    if (isFirst) yield* this.#process.sleep('volume.loop', LOOP_US + this.#process.choose('volume.loop', LOOP_US));
    let retryUs = RETRY_US;
    for (;;) {
      if (mounted.isUnwanted === true || this.#pods.get(pod.metadata.uid)?.get(mounted.volume.name) !== mounted) return;
      const problem = yield* this.#setUp(pod, mounted, inputs, sources);
      if (problem === undefined) break;
      this.#fail(pod, `MountVolume.SetUp failed for volume "${mounted.volume.name}" : ${problem}`);
      yield* this.#process.sleep('volume.retry', retryUs);
      retryUs = Math.min(retryUs * 2, RETRY_MAX_US);
    }
    mounted.busy = false;
  }

  *#setUp(pod: Pod, mounted: Mounted, inputs: EnvironmentInputs, sources: Sources): Task<string | undefined> {
    const planned = yield* planVolume(pod, mounted.volume, sources, inputs);
    if ('problem' in planned) return planned.problem;
    const { path, content, inUse } = planned;
    if (inUse !== undefined && mounted.inUse === undefined) {
      mounted.inUse = inUse;
      this.#usedChanged();
    }
    const result = yield* this.#cri.call('MountVolume', { path, content });
    if (!result.ok) return result.error.code === 'InvalidArgument' ? result.error.message : rpcError(result.error);
    mounted.path = path;
    return undefined;
  }

  /** Nothing of the pod runs any more. */
  stopped(uid: string): void {
    for (const mounted of this.#pods.get(uid)?.values() ?? []) mounted.isUnwanted = true;
  }

  /** Unmounts the volumes of a terminated pod: what only the pod had is deleted. */
  *release(uid: string): Task {
    const volumes = this.#pods.get(uid);
    if (volumes === undefined) return;
    yield* this.#process.sleep('volume.loop', LOOP_US + this.#process.choose('volume.loop', LOOP_US));
    for (const { path, volume } of volumes.values()) {
      if (path === undefined || volume.hostPath !== undefined) continue;
      yield* this.#cri.call('UnmountVolume', { path });
    }
    this.#pods.delete(uid);
    if ([...volumes.values()].some(({ inUse }) => inUse !== undefined)) this.#usedChanged();
  }
}
