/**
 * A cluster that has been up for a while: what its store holds before anything is asked of it.
 *
 * Campaigns run thousands of worlds that all begin alike. Bringing a cluster up once and restoring its store into every world costs
 * a fraction of bringing each one up; components still start, list and watch as they do after a restart of the whole cluster.
 */
import { buildCluster } from '../cluster/cluster.ts';
import { DEFAULT_CONFIG, type Backup, type ClusterConfig } from '../cluster/config.ts';
import { pendingReasons } from '../cluster/convergence.ts';
import { kubectlState } from '../cluster/kubectl.ts';
import type { Process } from '../client/process.ts';
import type { Store } from '../etcd/store.ts';
import type { KubeObject } from '../object/types.ts';

/** How long before the epoch the cluster came up, ms: its timestamps lie in the past. */
const UP_SINCE = 60_000;
const LOOK_EVERY = 250_000;
const PATIENCE = 60_000_000;

/** The store of a cluster of this shape that has come up, with these objects, and has nothing to do. */
export function warmStore(config: Pick<ClusterConfig, 'nodes' | 'epoch'>, manifests: readonly KubeObject[] = []): Backup {
  const kernel = buildCluster(
    { ...DEFAULT_CONFIG, manifests, nodes: config.nodes, epoch: config.epoch - UP_SINCE, timing: 'zero', disable: ['coredns', 'kube-proxy'] },
    { seed: 'warm', guard: false, freeze: false },
  );
  const store = (): Store | undefined => (kernel.state('etcd') as { readonly store: Store } | undefined)?.store;
  const isUp = (): boolean => {
    const user = kernel.state('kubectl') as Process | undefined;
    return user !== undefined && kubectlState(user).isDone && pendingReasons((prefix) => store()?.range(`/registry/${prefix}/`, 0).map(({ object }) => object) ?? []).length === 0;
  };
  do kernel.run({ until: kernel.now + LOOK_EVERY });
  while (!isUp() && kernel.now < PATIENCE);
  const { revision } = store() as Store;
  const values = (store() as Store).range('/registry/', 0);
  return { revision, values: values.filter(({ key }) => !key.startsWith('/registry/events/')) };
}
