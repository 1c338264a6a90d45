/** Memory of a pod's init containers that the containers after them may have (memorymanager/policy_static.go, `updatePodReusableMemory`). */
import { isSidecar } from '../../../object/resources.ts';
import type { core, Pod } from '../../../object/types.ts';
import { type BitMask, bitMask } from '../topologymanager/bitmask.ts';
import type { Block } from './state.ts';

/** Only that of the pod that is being admitted is known. */
export class ReusableMemory {
  #podUid = '';
  #sizes = new Map<string, number>();

  of(podUid: string, affinity: BitMask, type: string): number {
    return this.#podUid === podUid ? (this.#sizes.get(`${affinity}/${type}`) ?? 0) : 0;
  }

  update({ metadata, spec }: Pod, container: core.Container, blocks: readonly Block[]): void {
    if (this.#podUid !== metadata.uid) {
      this.#podUid = metadata.uid;
      this.#sizes = new Map();
    }
    const init = (spec.initContainers ?? []).find(({ name }) => name === container.name);
    const isLent = init !== undefined && !isSidecar(init);
    for (const { affinity, type, size } of blocks) {
      const key = `${bitMask(affinity)}/${type}`;
      const present = this.#sizes.get(key) ?? 0;
      this.#sizes.set(key, isLent ? Math.max(present, size) : Math.max(0, present - size));
    }
  }
}
