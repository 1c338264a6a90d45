/**
 * A cache and a deciding core without a process, driven by changes; it remembers every decision with the state it saw.
 */
import type { Node, Pod } from '../../../models/kubernetes/object/types.ts';
import { Cache } from '../../../models/kubernetes/scheduler/cache/cache.ts';
import { profilesOf } from '../../../models/kubernetes/scheduler/config/profiles.ts';
import { inTreeRegistry } from '../../../models/kubernetes/scheduler/config/registry.ts';
import { chooseFirst } from '../../../models/kubernetes/scheduler/framework/choose.ts';
import { Nominations } from '../../../models/kubernetes/scheduler/framework/nominations.ts';
import { podInfoOf } from '../../../models/kubernetes/scheduler/framework/pod-info.ts';
import type { Profile } from '../../../models/kubernetes/scheduler/framework/profile.ts';
import { staticListers } from '../../../models/kubernetes/scheduler/framework/static-listers.ts';
import { type Decision, SchedulingCycle } from '../../../models/kubernetes/scheduler/scheduling-cycle.ts';
import { type Change, NAMESPACES, nodeFrom, podFrom } from './arbitrary.ts';

export const defaultProfile = (): Profile => {
  const profiles = profilesOf({ percentageOfNodesToScore: 100 }, inTreeRegistry());
  if (profiles._tag === 'Left') throw new Error(profiles.left);
  return profiles.right.get('default-scheduler') as Profile;
};

/** What a decision says, without references into the cluster. */
export const plainDecision = (decision: Decision): unknown => {
  const statuses = decision.diagnosis?.statuses.entries();
  if (decision.kind === 'scheduled') {
    return {
      node: decision.node,
      tied: decision.tied,
      feasible: decision.feasible.map(({ name }) => name),
      totals: decision.totals === undefined ? [] : [...decision.totals],
      statuses,
    };
  }
  if (decision.kind === 'error') return { error: decision.message };
  const { postFilter } = decision;
  return {
    message: decision.message,
    statuses,
    candidates: postFilter?.dryRun?.candidates.map(({ node, victims, pdbViolations }) => [
      node,
      victims.map(({ key }) => key),
      pdbViolations,
    ]),
    chosen: postFilter?.preemption?.node,
  };
};

export interface Tried {
  readonly pod: Pod;
  readonly decision: Decision;
}

export class Simulated {
  readonly cache = new Cache();
  readonly nominations = new Nominations();
  readonly cycle = new SchedulingCycle();
  readonly listers = staticListers({ namespaces: NAMESPACES });
  readonly profile = defaultProfile();
  /** Pods on nodes. */
  pods: Pod[] = [];
  nodes: Node[] = [];
  #count = 0;

  /** Applies a change; for a new pod also decides, and assumes when it fits. */
  apply(change: Change): Tried | undefined {
    const pod =
      change.kind.includes('pod') && 'index' in change
        ? this.pods[change.index % Math.max(1, this.pods.length)]
        : undefined;
    const node =
      change.kind.includes('node') && 'index' in change
        ? this.nodes[change.index % Math.max(1, this.nodes.length)]
        : undefined;
    switch (change.kind) {
      case 'pod':
        return this.#try(podFrom(change.shape, `p${this.#count++}`));
      case 'node':
        this.#putNode(nodeFrom(change.shape, `n${this.#count++}`));
        break;
      case 'update-node':
        if (node !== undefined) this.#putNode(nodeFrom(change.shape, node.metadata.name));
        break;
      case 'delete-node':
        if (node === undefined) break;
        this.cache.removeNode(node.metadata.name);
        this.nodes = this.nodes.filter((other) => other !== node);
        break;
      case 'delete-pod':
        if (pod === undefined) break;
        this.cache.removePod(pod.metadata.uid);
        this.pods = this.pods.filter((other) => other !== pod);
        break;
      case 'terminate-pod':
        if (pod !== undefined) this.#terminate(pod);
        break;
    }
    return undefined;
  }

  /** Decides with a core that has no memory of earlier cycles. */
  decideAfresh(pod: Pod): Decision {
    return this.#decide(new SchedulingCycle(), pod);
  }

  #terminate(pod: Pod): void {
    const metadata = { ...pod.metadata, deletionTimestamp: '2026-01-01T01:00:00Z' };
    const terminating: Pod = { ...pod, metadata };
    this.cache.updatePod(terminating);
    this.pods = this.pods.map((other) => (other === pod ? terminating : other));
  }

  #putNode(node: Node): void {
    this.cache.addNode(node);
    this.nodes = [...this.nodes.filter(({ metadata }) => metadata.name !== node.metadata.name), node];
  }

  #decide(cycle: SchedulingCycle, pod: Pod): Decision {
    const { cache, nominations, listers, profile } = this;
    return cycle.run(
      { snapshot: cache.snapshot(), listers, nominations, choose: chooseFirst, explain: true },
      profile,
      podInfoOf(pod),
    );
  }

  #try(pod: Pod): Tried {
    const decision = this.#decide(this.cycle, pod);
    if (decision.kind !== 'scheduled') return { pod, decision };
    const bound: Pod = { ...pod, spec: { ...pod.spec, nodeName: decision.node } };
    this.cache.assume(podInfoOf(pod), decision.node);
    this.cache.addPod(bound);
    this.pods = [...this.pods, bound];
    return { pod, decision };
  }
}
