/**
 * TaintNodesByCondition: a new node takes no pods until it is known to be ready.
 * Source: plugin/pkg/admission/nodetaint/admission.go.
 */
import { type Either, right } from 'fp-ts/lib/Either.js';
import type { core, KubeObject } from '../../object/types.ts';
import { put } from '../defaults/fill.ts';
import type { Status } from '../status/status.ts';
import type { AdmissionPlugin } from './plugin.ts';

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  handles: ['CREATE'],
  resources: ['/nodes'],
  mutate({ object, subresource }): Either<Status, KubeObject> {
    const node = object as KubeObject;
    if (subresource !== '') return right(node);
    const taints = (node['spec']?.taints ?? []) as readonly core.Taint[];
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return right(node);
    return right({ ...node, spec: put(node['spec'] ?? {}, 'taints', [...taints, NOT_READY]) });
  },
};
