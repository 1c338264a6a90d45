/**
 * Steps and conditions of a scenario file.
 */
import type { KubeObject } from '../object/types.ts';
import type { ReadManifests } from './read.ts';
import type { Condition, Step, When } from './scenario.ts';
import type { Section } from './section.ts';

const ACTIONS = ['apply', 'delete', 'scale', 'patch', 'cordon', 'uncordon', 'waitUntil'] as const;
const MINUTE = 60_000_000;

/** API versions of the kinds that a step may name without one. */
const VERSIONS: Readonly<Record<string, readonly [kind: string, apiVersion: string]>> = {
  deployment: ['Deployment', 'apps/v1'],
  replicaset: ['ReplicaSet', 'apps/v1'],
  statefulset: ['StatefulSet', 'apps/v1'],
  daemonset: ['DaemonSet', 'apps/v1'],
  job: ['Job', 'batch/v1'],
  cronjob: ['CronJob', 'batch/v1'],
  pod: ['Pod', 'v1'],
  service: ['Service', 'v1'],
  configmap: ['ConfigMap', 'v1'],
  secret: ['Secret', 'v1'],
  namespace: ['Namespace', 'v1'],
  node: ['Node', 'v1'],
  poddisruptionbudget: ['PodDisruptionBudget', 'policy/v1'],
};

export function readStep(step: Section, manifests: ReadManifests): Step {
  const given = ACTIONS.filter((action) => step.has(action));
  if (given.length !== 1) throw step.wrong(`a step does exactly one of ${ACTIONS.join(', ')}${given.length === 0 ? '' : `, not ${given.join(' and ')}`}`);
  const [at, after] = [step.duration('at'), step.duration('after')];
  if (at !== undefined && after !== undefined) throw step.wrong('a step begins at a time or after the step before, not both', 'at');
  const when: When = { ...(at === undefined ? {} : { at }), ...(after === undefined ? {} : { after }) };
  const read = { ...when, ...readAction(step, given[0] as (typeof ACTIONS)[number], manifests) } as Step;
  step.end();
  return read;
}

function readAction(step: Section, action: (typeof ACTIONS)[number], manifests: ReadManifests): object {
  switch (action) {
    case 'apply':
    case 'delete':
      return { do: action, objects: objectsOf(step, action, manifests) };
    case 'scale': {
      const scale = step.section('scale') as Section;
      const replicas = scale.number('replicas');
      if (replicas === undefined) throw scale.wrong('scale needs the number of replicas');
      const object = { ...reference(scale, 'object'), spec: { replicas } };
      scale.end();
      return { do: 'patch', objects: [object] };
    }
    case 'patch': {
      const patch = step.section('patch') as Section;
      const change = patch.value('with');
      if (typeof change !== 'object' || change === null) throw patch.wrong('patch needs `with`: a merge patch');
      const { metadata, ...rest } = reference(patch, 'object');
      const { metadata: more, ...fields } = change as { metadata?: object };
      patch.end();
      return { do: 'patch', objects: [{ ...rest, metadata: { ...more, ...metadata }, ...fields }] };
    }
    case 'cordon':
    case 'uncordon': {
      const metadata = { name: step.need(action) };
      return { do: 'patch', objects: [{ apiVersion: 'v1', kind: 'Node', metadata, spec: { unschedulable: action === 'cordon' ? true : null } }] };
    }
    case 'waitUntil': {
      const until = step.value('waitUntil') === 'converged' ? { converged: true } : readCondition(step.section('waitUntil') as Section);
      return { do: 'wait', until, timeout: step.duration('timeout') ?? 5 * MINUTE };
    }
  }
}

/** Manifests in place, or a file's; for `delete` also `deployment/web`. */
function objectsOf(step: Section, action: 'apply' | 'delete', manifests: ReadManifests): readonly KubeObject[] {
  const value = step.value(action);
  if (typeof value === 'string') {
    if (action === 'delete' && VERSIONS[(value.split('/')[0] ?? '').toLowerCase()] !== undefined && value.includes('/')) return [named(step, value, action)];
    return manifests(value);
  }
  const objects = (Array.isArray(value) ? value : [value]) as readonly KubeObject[];
  const broken = objects.find((object) => typeof object !== 'object' || object === null || typeof object.apiVersion !== 'string' || typeof object.kind !== 'string' || typeof object.metadata !== 'object');
  if (broken !== undefined || objects.length === 0) throw step.wrong(`${action} takes a manifest (apiVersion, kind, metadata), a list of them, or the path of a file`, action);
  return objects;
}

function reference(section: Section, key: string): KubeObject {
  const text = section.need(key);
  const object = named(section, text, key);
  const namespace = section.text('namespace');
  return namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace } };
}

function named(section: Section, text: string, key: string): KubeObject {
  const [type = '', name = ''] = text.split('/');
  const known = VERSIONS[type.toLowerCase()];
  if (known === undefined || name === '') throw section.wrong(`an object is named kind/name, such as deployment/web, not "${text}"; known kinds are ${Object.keys(VERSIONS).join(', ')}`, key);
  return { apiVersion: known[1], kind: known[0], metadata: { name } as KubeObject['metadata'] };
}

/** `converged: true`, `object: deployment/web` with `field` and `equals`, or `count` of a `kind`. */
export function readCondition(section: Section): Condition {
  let condition: Condition;
  if (section.has('converged')) {
    if (section.value('converged') !== true) throw section.wrong('converged can only be true', 'converged');
    condition = { converged: true };
  } else if (section.has('count')) {
    const [namespace, labels] = [section.text('namespace'), section.value('labels')];
    const kind = section.need('kind');
    condition = { kind, count: section.number('count') ?? 0, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels: labels as Readonly<Record<string, string>> }) };
  } else if (section.has('object')) {
    const object = section.need('object');
    const { kind, metadata } = named(section, object, 'object');
    const [namespace, field, equals, gone] = [section.text('namespace'), section.text('field'), section.value('equals'), section.value('gone')];
    condition = { object: `${kind}/${metadata.name}`, ...(namespace === undefined ? {} : { namespace }), ...(field === undefined ? {} : { field }), ...(equals === undefined ? {} : { equals }), ...(gone === true ? { gone } : {}) };
  } else throw section.wrong('a condition is one of: converged: true; object with field and equals, or gone; kind with count');
  section.end();
  return condition;
}
