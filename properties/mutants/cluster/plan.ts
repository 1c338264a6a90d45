/**
 * The smallest plans that show the planted bugs: users' steps and faults, by hand, as shrinking would leave them.
 */
import type { Plan } from '../../../src/campaign/model.ts';
import type { Fault, Start } from '../../../src/fault/plan.ts';

const SECOND = 1_000_000;

/** A plan of so many steps: what users do, and what goes wrong. */
export function planOf(workload: readonly object[], faults: readonly Fault[] = [], config: Partial<Record<'nodes' | 'apiServers' | 'controllerManagers', number>> = {}): Plan {
  return {
    seed: 'planted',
    schedule: 'time',
    window: 0,
    config: { nodes: 1, apiServers: 1, controllerManagers: 1, ...config },
    workload: workload as unknown as Plan['workload'],
    faults: { faults, healAt: 12 * SECOND },
    calm: [],
  };
}

/** A fault of the cluster. Times in seconds. */
export function fault(action: string, start: Start, lasts?: number, args?: { readonly [name: string]: string | number }): Fault {
  return { name: action, kind: 'model', action, start, ...(lasts === undefined ? {} : { for: lasts * SECOND }), ...(args === undefined ? {} : { args }) };
}

export const at = (seconds: number): Start => ({ at: seconds * SECOND });
export const when = (fact: string): Start => ({ when: { fact } });

const template = (cpu: string): object => ({
  metadata: { labels: { app: 'web' } },
  spec: { terminationGracePeriodSeconds: 2, containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10', resources: { requests: { cpu } } }] },
});

/** A workload of kind Deployment or ReplicaSet. */
export const workload = (kind: 'Deployment' | 'ReplicaSet', replicas: number, cpu = '100m'): object => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template(cpu) },
});

export const service: object = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } };

export const apply = (seconds: number, object: object): object => ({ at: seconds * SECOND, do: 'apply', object });
export const remove = (seconds: number, object: object): object => ({ at: seconds * SECOND, do: 'delete', object });
export const cordon = (seconds: number, action: 'cordon' | 'uncordon'): object => ({ at: seconds * SECOND, do: action, node: 1 });
