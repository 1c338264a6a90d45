/**
 * Priority: a pod's class becomes its number. Source: plugin/pkg/admission/priority/admission.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { NEW } from '../../object/new.ts';
import type { KubeObject, PriorityClass } from '../../object/types.ts';
import type { Context } from '../registry/kind.ts';
import { forbidden, type Status } from '../status/status.ts';
import { isPod, nameForErrors, type AdmissionPlugin, type Attributes } from './plugin.ts';

const CLASSES = { group: 'scheduling.k8s.io', resource: 'priorityclasses' };

export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: ['CREATE', 'UPDATE'],
  resources: ['/pods', 'scheduling.k8s.io/priorityclasses'],
  mutate(attributes): Either<Status, KubeObject> {
    const object = attributes.object as KubeObject;
    if (!isPod(attributes)) return right(object);
    return attributes.operation === 'CREATE' ? admitPod(attributes, object) : right(keepPriority(object, attributes.old));
  },
  validate(attributes): Status | undefined {
    const { info, object, context } = attributes;
    if (info.resource !== CLASSES.resource || info.group !== CLASSES.group || object?.['globalDefault'] !== true) return undefined;
    const other = defaultClass(context);
    if (other === undefined || other.metadata.name === object.metadata.name) return undefined;
    return forbidden(info, object.metadata.name, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
  },
};

/** Upstream keeps the number that admission computed at the pod's creation. */
function keepPriority(object: KubeObject, old: KubeObject | undefined): KubeObject {
  const { priority: value, preemptionPolicy } = (old?.['spec'] ?? {}) as { priority?: number; preemptionPolicy?: string };
  const spec = object['spec'] as { priority?: number; preemptionPolicy?: string };
  if (spec.priority !== undefined || value === undefined) return object;
  return { ...object, spec: { ...NEW, ...spec, priority: value, ...(preemptionPolicy === undefined || spec.preemptionPolicy !== undefined ? {} : { preemptionPolicy }) } };
}

function admitPod(attributes: Attributes, pod: KubeObject): Either<Status, KubeObject> {
  const spec = pod['spec'] as { priorityClassName?: string; priority?: number; preemptionPolicy?: string };
  const wanted = spec.priorityClassName ?? '';
  const found = wanted === '' ? defaultClass(attributes.context) : (attributes.context.lookup.get(CLASSES, '', wanted) as PriorityClass | undefined);
  const refuse = (why: string): Either<Status, never> => left(forbidden(attributes.info, nameForErrors(attributes), why));
  if (wanted !== '' && found === undefined) return refuse(`no PriorityClass with name ${wanted} was found`);
  const value = found?.value ?? 0;
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (spec.priority !== undefined && spec.priority !== value) {
    return refuse(`the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`);
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    return refuse(`the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`);
  }
  const named = wanted === '' && found !== undefined ? { priorityClassName: found.metadata.name } : {};
  return right({ ...pod, spec: { ...NEW, ...spec, ...named, priority: value, preemptionPolicy: policy } });
}

/** The class for pods without one; the lowest, when several say so. */
function defaultClass({ lookup }: Context): PriorityClass | undefined {
  let lowest: PriorityClass | undefined;
  for (const each of lookup.list(CLASSES, '') as readonly PriorityClass[]) {
    if (each.globalDefault === true && (lowest === undefined || each.value < lowest.value)) lowest = each;
  }
  return lowest;
}
