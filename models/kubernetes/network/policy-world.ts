/**
 * What the network plugin knows of the cluster: node addresses, and, once there is a NetworkPolicy, pods and namespaces.
 *
 * Watching every pod costs something on a large cluster, so it begins with the first policy; a cluster without policies
 * never pays for them.
 */
import type { Client } from '../client/client.ts';
import type { Process } from '../client/process.ts';
import { NAMESPACES, NETWORK_POLICIES, NODES, PODS } from '../client/resources.ts';
import { SharedInformerFactory } from '../client/shared-informer.ts';
import type { SharedInformer } from '../client/shared-informer.ts';
import { NAMESPACE_INDEX } from '../client/store.ts';
import type { Namespace, NetworkPolicy, Node, Pod } from '../object/types.ts';
import type { PolicyWorld } from './network-policy.ts';

const IP_INDEX = 'ip';

/** Pods on the pod network that may have traffic; finished pods have given their addresses back. */
function addressesOf(pod: Pod): readonly string[] {
  const { phase, podIPs, podIP } = pod.status ?? {};
  if (pod.spec.hostNetwork === true || phase === 'Succeeded' || phase === 'Failed') return [];
  return (podIPs ?? (podIP === undefined ? [] : [{ ip: podIP }])).map((each) => each.ip ?? '');
}

export class ClusterPolicyWorld implements PolicyWorld {
  readonly #factory: SharedInformerFactory;
  readonly #policies: SharedInformer<NetworkPolicy>;
  #pods: SharedInformer<Pod> | undefined;
  #namespaces: SharedInformer<Namespace> | undefined;

  /** `onNode` is called with each version of each Node. */
  constructor(process: Process, client: Client, onNode: (node: Node) => void) {
    this.#factory = new SharedInformerFactory(process, client);
    this.#policies = this.#factory.informer<NetworkPolicy>(NETWORK_POLICIES);
    this.#policies.addEventHandler({ add: () => this.#watchPods() });
    const nodes = this.#factory.informer<Node>(NODES);
    nodes.addEventHandler({ add: onNode, update: (old, node) => (old.spec === node.spec ? undefined : onNode(node)) });
    this.#factory.start();
  }

  #watchPods(): void {
    if (this.#pods !== undefined) return;
    this.#namespaces = this.#factory.informer<Namespace>(NAMESPACES);
    this.#pods = this.#factory.informer<Pod>(PODS);
    this.#pods.addIndexers({ [IP_INDEX]: addressesOf });
    this.#factory.start();
  }

  policies(namespace: string): readonly NetworkPolicy[] {
    return this.#policies.indexer.byIndex(NAMESPACE_INDEX, namespace);
  }

  podByIP(ip: string): Pod | undefined {
    return this.#pods?.indexer.byIndex(IP_INDEX, ip)[0];
  }

  namespace(name: string): Namespace | undefined {
    return this.#namespaces?.indexer.get(name);
  }
}
