/**
 * The machine under the containers: its memory, disk and process ids, and who is killed when memory runs out.
 *
 * What pods use follows from their programs; what everything else uses is what a fault says (`use`). The kubelet is told once
 * that usage has changed, and again after it has looked.
 */
import type { NodeStats } from '../api/cri.ts';
import type { Container } from './container.ts';
import { memoryOf, usageOf } from './container-start.ts';
import type { Surviving } from './runtime-service.ts';

/** A disk of the usual ext4: one inode for each 16 KiB. */
const BYTES_PER_INODE = 16_384;
/** kernel.pid_max of a 64-bit system. */
const PIDS_MAX = 4_194_304;
const UNLIMITED = Number.MAX_SAFE_INTEGER;

export class Machine {
  readonly #memoryBytes: number;
  readonly #diskBytes: number;
  readonly #kept: Surviving;
  readonly #tell: () => void;
  #others = { memoryBytes: 0, diskBytes: 0, pids: 0 };
  #isTold = false;

  /** `tell` is called when usage has changed since the last look. */
  constructor(capacity: { readonly memoryBytes?: number; readonly diskBytes?: number }, kept: Surviving, tell: () => void) {
    this.#memoryBytes = capacity.memoryBytes ?? UNLIMITED;
    this.#diskBytes = capacity.diskBytes ?? UNLIMITED;
    this.#kept = kept;
    this.#tell = tell;
  }

  /** Something that counts has changed. */
  changed(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#tell();
  }

  /** What everything other than pods uses from now on. */
  use(others: Partial<{ memoryBytes: number; diskBytes: number; pids: number }>): void {
    this.#others = { ...this.#others, ...others };
    this.changed();
  }

  stats(): NodeStats {
    this.#isTold = false;
    const containers = usageOf(this.#kept.containers.values());
    const volumes = this.#kept.disk.emptyDirs();
    const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
    const diskUsed = this.#others.diskBytes + sum(containers.map(({ diskBytes }) => diskBytes)) + sum(Object.values(volumes)) + sum(this.#kept.images.list().map(({ sizeBytes }) => sizeBytes));
    const inodes = Math.floor(this.#diskBytes / BYTES_PER_INODE);
    return {
      memory: { capacityBytes: this.#memoryBytes, usedBytes: this.#others.memoryBytes + sum(containers.map(({ memoryBytes }) => memoryBytes)) },
      disk: { capacityBytes: this.#diskBytes, usedBytes: diskUsed, inodes, inodesUsed: Math.floor(this.#others.diskBytes / BYTES_PER_INODE) },
      pids: { max: PIDS_MAX, running: this.#others.pids + sum(containers.map(({ processes }) => processes)) },
      containers,
      volumes,
    };
  }

  /** Whom the kernel would kill now: nobody while memory suffices, else the highest badness (mm/oom_kill.c). */
  victim(): Container | undefined {
    if (this.#memoryBytes === UNLIMITED) return undefined;
    let used = this.#others.memoryBytes;
    let worst: { container: Container; badness: number } | undefined;
    for (const container of this.#kept.containers.values()) {
      if (container.scope === undefined) continue;
      const bytes = memoryOf(container.scope);
      used += bytes;
      const badness = bytes + ((container.config.oomScoreAdj ?? 0) * this.#memoryBytes) / 1000;
      if (bytes > 0 && badness > (worst?.badness ?? 0)) worst = { container, badness };
    }
    return used > this.#memoryBytes ? worst?.container : undefined;
  }
}
