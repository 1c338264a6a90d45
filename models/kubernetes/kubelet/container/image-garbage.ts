/**
 * Deletes images that nobody uses when the disk is full: above the high threshold, the longest unused first, down to the low one.
 *
 * Upstream looks every five minutes; here at those times when something about the disk has changed, or the last look freed
 * too little. What the first look finds counts as there from the start.
 * Source: pkg/kubelet/images/image_gc_manager.go, pkg/kubelet/kubelet.go (StartGarbageCollection).
 */
import type { ImageInfo, NodeStats } from '../../api/cri.ts';
import type { Process, Task, TimerHandle } from '../../client/process.ts';
import type { CriClient } from '../cri-client.ts';

/** kubelet.go: ImageGCPeriod; apis/config/v1beta1/defaults.go: the thresholds in percent, imageMinimumGCAge. */
const PERIOD_US = 300_000_000;
const HIGH_PERCENT = 85;
const LOW_PERCENT = 80;
const MINIMUM_AGE_US = 120_000_000;

interface Seen {
  readonly firstUs: number;
  lastUsedUs: number;
}

export interface ImageThresholds {
  readonly imageGCHighThresholdPercent?: number;
  readonly imageGCLowThresholdPercent?: number;
}

export class ImageGarbage {
  readonly #process: Process;
  readonly #cri: CriClient;
  readonly #high: number;
  readonly #low: number;
  readonly #event: (type: 'Warning', reason: string, message: string) => void;
  readonly #startedUs: number;
  readonly #seen = new Map<string, Seen>();
  #timer: TimerHandle | undefined;
  #hasLooked = false;
  #hasFailed = false;

  constructor(process: Process, cri: CriClient, thresholds: ImageThresholds, event: (type: 'Warning', reason: string, message: string) => void) {
    this.#process = process;
    this.#cri = cri;
    this.#high = thresholds.imageGCHighThresholdPercent ?? HIGH_PERCENT;
    this.#low = thresholds.imageGCLowThresholdPercent ?? LOW_PERCENT;
    this.#event = event;
    this.#startedUs = process.now;
  }

  /** Usage of the node has changed: the next look has something to see. */
  usageChanged(): void {
    // A threshold of 100 % switches the collection off.
    if (this.#high >= 100) return;
    const passed = (this.#process.now - this.#startedUs) % PERIOD_US;
    this.#timer ??= this.#process.after('image.gc', PERIOD_US - passed, () => {
      this.#timer = undefined;
      this.#process.go(this.#look());
    });
  }

  *#look(): Task {
    const stats = yield* this.#cri.call('NodeStats', {});
    const images = yield* this.#unused();
    if (!stats.ok || images === undefined) return;
    const wanted = this.#wantedBytes(stats.value.disk);
    if (wanted === undefined) {
      this.#hasFailed = false;
      return;
    }
    const freed = yield* this.#free(images, wanted);
    if (freed >= wanted) this.#hasFailed = false;
    else {
      const message = `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`;
      this.#event('Warning', 'FreeDiskSpaceFailed', message);
      if (this.#hasFailed) this.#event('Warning', 'ImageGCFailed', message);
      this.#hasFailed = true;
      this.usageChanged();
    }
  }

  /** How much is to be freed; undefined while usage is below the high threshold. */
  #wantedBytes({ capacityBytes, usedBytes }: NodeStats['disk']): number | undefined {
    const available = Math.max(0, capacityBytes - usedBytes);
    const usagePercent = 100 - Math.floor((available * 100) / capacityBytes);
    return usagePercent < this.#high ? undefined : Math.floor((capacityBytes * (100 - this.#low)) / 100) - available;
  }

  /** Images that no container has, those first that were used longest ago. */
  *#unused(): Task<ImageInfo[] | undefined> {
    const containers = yield* this.#cri.call('ListContainers', {});
    const images = yield* this.#cri.call('ListImages', {});
    if (!containers.ok || !images.ok) return undefined;
    const { now } = this.#process;
    const used = new Set(containers.value.map(({ imageRef }) => imageRef));
    const isUsed = ({ id, names }: ImageInfo): boolean => used.has(id) || names.some((name) => used.has(name));
    const present = new Set(images.value.map(({ id }) => id));
    for (const id of [...this.#seen.keys()]) if (!present.has(id)) this.#seen.delete(id);
    for (const image of images.value) {
      const seen = this.#seen.get(image.id) ?? { firstUs: this.#hasLooked ? now : 0, lastUsedUs: 0 };
      if (isUsed(image)) seen.lastUsedUs = now;
      this.#seen.set(image.id, seen);
    }
    this.#hasLooked = true;
    const seenOf = ({ id }: ImageInfo): Seen => this.#seen.get(id) as Seen;
    return images.value
      .filter((image) => !image.pinned && !isUsed(image) && now - seenOf(image).firstUs >= MINIMUM_AGE_US)
      .sort((a, b) => seenOf(a).lastUsedUs - seenOf(b).lastUsedUs || seenOf(a).firstUs - seenOf(b).firstUs);
  }

  *#free(images: readonly ImageInfo[], wanted: number): Task<number> {
    let freed = 0;
    for (const { id, names, sizeBytes } of images) {
      if (freed >= wanted) break;
      const removed = yield* this.#cri.call('RemoveImage', { image: names[0] ?? id });
      if (!removed.ok) continue;
      this.#seen.delete(id);
      freed += sizeBytes;
    }
    return freed;
  }
}
