/**
 * RuntimeClass: a pod gets the overhead and the scheduling rules of its runtime class.
 * Source: plugin/pkg/admission/runtimeclass/admission.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import type { core, KubeObject } from '../../object/types.ts';
import { forbidden, type Status } from '../status/status.ts';
import { isPod, nameForErrors, type AdmissionPlugin } from './plugin.ts';

interface Scheduling {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly core.Toleration[];
}

export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: ['CREATE'],
  resources: ['/pods'],
  mutate(attributes): Either<Status, KubeObject> {
    const pod = attributes.object as KubeObject;
    const name = pod['spec']?.runtimeClassName as string | undefined;
    if (!isPod(attributes) || name === undefined || name === '') return right(pod);
    const found = attributes.context.lookup.get({ group: 'node.k8s.io', resource: 'runtimeclasses' }, '', name);
    if (found === undefined) return left(forbidden(attributes.info, nameForErrors(attributes), `pod rejected: RuntimeClass "${name}" not found`));
    const overhead = found['overhead']?.podFixed as Readonly<Record<string, string>> | undefined;
    const { nodeSelector, tolerations = [] } = (found['scheduling'] ?? {}) as Scheduling;
    const spec = pod['spec'] as core.PodSpec;
    const clash = Object.entries(nodeSelector ?? {}).find(([key, value]) => spec.nodeSelector?.[key] !== undefined && spec.nodeSelector[key] !== value);
    if (clash !== undefined) {
      const why = `conflict: runtimeClass.scheduling.nodeSelector[${clash[0]}] = ${clash[1]}; pod.spec.nodeSelector[${clash[0]}] = ${spec.nodeSelector?.[clash[0]]}`;
      return left(forbidden(attributes.info, nameForErrors(attributes), why));
    }
    return right({
      ...pod,
      spec: {
        ...spec,
        ...(overhead === undefined ? {} : { overhead }),
        ...(nodeSelector === undefined ? {} : { nodeSelector: { ...spec.nodeSelector, ...nodeSelector } }),
        ...(tolerations.length === 0 ? {} : { tolerations: [...(spec.tolerations ?? []), ...tolerations] }),
      },
    });
  },
};
