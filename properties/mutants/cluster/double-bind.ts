/** Two schedulers at work, and an API server that lets the second binding of a pod through. */
import type { ActorSpec, Message } from '../../../src/index.ts';
import type { ApiRequest } from '../../../models/kubernetes/api/message.ts';
import type { EtcdEvents, EtcdRangeResult } from '../../../models/kubernetes/etcd/message.ts';
import type { KubeObject } from '../../../models/kubernetes/object/types.ts';
import { intercept } from './intercept.ts';
import type { Mutant } from './mutant.ts';
import { apply, planOf, workload } from './plan.ts';

const PODS = '/registry/pods/';

function careless(component: ActorSpec): ActorSpec {
  return intercept(component, () => {
    const pods = new Map<string, KubeObject>();
    const note = (key: string, object: KubeObject): void => void (key.startsWith(PODS) && pods.set(key, object));
    return {
      receive(message, context) {
        if (message.kind === 'etcd.events') for (const { key, object } of (message as EtcdEvents & Message).events) note(key, object);
        if (message.kind === 'etcd.range.result') for (const { key, object } of (message as EtcdRangeResult & Message).kvs) note(key, object);
        const { kind, id, subresource, namespace, name, body } = message as ApiRequest & Message;
        if (kind !== 'api.request' || subresource !== 'binding') return message;
        const key = `${PODS}${namespace}/${name ?? (body as KubeObject).metadata.name}`;
        const pod = pods.get(key);
        const node = (body as { target: { name: string } }).target.name;
        if (!pod?.['spec'].nodeName || pod['spec'].nodeName === node || pod.metadata.deletionTimestamp !== undefined) return message;
        const put = { ...pod, spec: { ...pod['spec'], nodeName: node } };
        context.send('etcd', { kind: 'etcd.txn', id: -1, key, expect: Number(pod.metadata.resourceVersion), put } as unknown as Message);
        context.send(context.from ?? '', { kind: 'api.response', id, code: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } } as unknown as Message);
        return undefined;
      },
    };
  });
}

export const doubleBind: Mutant = {
  name: 'double-bind',
  story: 'two schedulers without a leader between them; the check of BindingREST that a pod is not assigned yet is missing',
  campaign: { config: { schedulers: [{}, { id: 'kube-scheduler-2' }] }, extensions: { components: { 'kube-apiserver': careless } } },
  plan: planOf([apply(1, workload('ReplicaSet', 4))], [{ name: 'slow', kind: 'slow', target: 'kube-scheduler-2', start: { at: 500_000 }, for: 5_000_000, by: 1_000 }], { nodes: 3 }),
  breaks: ['no pod is bound twice', 'allocatable is never exceeded'],
};
