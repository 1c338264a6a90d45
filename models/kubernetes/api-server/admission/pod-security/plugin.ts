/**
 * PodSecurity: holds pods to the levels that their namespace's labels ask for.
 *
 * `enforce` refuses pods, `warn` warns of pods and of what makes pods; `audit` is left to an audit log. Source:
 * plugin/pkg/admission/security/podsecurity, pod-security-admission/admission/admission.go.
 */
import type { KubeObject } from '../../../object/types.ts';
import { forbidden, invalid, type Status } from '../../status/status.ts';
import { nameForErrors, type AdmissionPlugin, type Attributes } from '../plugin.ts';
import type { Container, Meta, PodSpec } from './check.ts';
import { detailText, LEVELS, levelText, policyOf, reasonText, violations, type LevelVersion } from './policy.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };
const PODS = { group: '', resource: 'pods' };
/** Subresources of pods that change nothing of the spec. */
const IGNORED: readonly string[] = ['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'];
/** Pods that a change of a namespace's labels is checked against, at most. */
const PODS_MAX = 3000;
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';

/** Where the pod template is in what makes pods. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  '/podtemplates': ['template'],
  '/replicationcontrollers': ['spec', 'template'],
  'apps/replicasets': ['spec', 'template'],
  'apps/deployments': ['spec', 'template'],
  'apps/statefulsets': ['spec', 'template'],
  'apps/daemonsets': ['spec', 'template'],
  'batch/jobs': ['spec', 'template'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template'],
};

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  handles: ['CREATE', 'UPDATE'],
  resources: ['/namespaces', '/pods', ...Object.keys(TEMPLATES)],
  validate(attributes): Status | undefined {
    const { info, object } = attributes;
    if (object === undefined) return undefined;
    if (info.resource === 'namespaces') return validateNamespace(attributes, object);
    if (info.resource === 'pods') return validatePod(attributes, object);
    const path = TEMPLATES[`${info.group}/${info.resource}`];
    if (path !== undefined && attributes.subresource === '') warnOfTemplate(attributes, object, path);
    return undefined;
  },
};

function validateNamespace(attributes: Attributes, object: KubeObject): Status | undefined {
  if (attributes.subresource !== '') return undefined;
  const next = policyOf(object.metadata.labels);
  if (attributes.operation === 'CREATE') return next.errors.length > 0 ? invalid(attributes.info, object.metadata.name, next.errors) : undefined;
  const before = policyOf(attributes.old?.metadata.labels);
  if (next.errors.length > 0 && JSON.stringify(next.errors) !== JSON.stringify(before.errors)) return invalid(attributes.info, object.metadata.name, next.errors);
  const [now, then] = [next.policy.enforce, before.policy.enforce];
  const isStricter = LEVELS.indexOf(now.level) > LEVELS.indexOf(then.level);
  if (now.level === 'privileged' || levelText(now) === levelText(then) || (now.version === then.version && !isStricter)) return undefined;
  warnOfPods(attributes, object.metadata.name, now);
  return undefined;
}

/** Existing pods are not refused, only named. */
function warnOfPods({ context, warn }: Attributes, namespace: string, level: LevelVersion): void {
  const all = context.lookup.list(PODS, namespace);
  const pods = all.slice(0, PODS_MAX);
  const found = new Map<string, string[]>();
  for (const pod of pods) {
    const violated = violations(level, pod['spec'] as PodSpec, pod.metadata);
    if (violated.length === 0) continue;
    const words = reasonText(violated);
    found.set(words, [...(found.get(words) ?? []), pod.metadata.name]);
  }
  if (pods.length < all.length) warn(`new PodSecurity enforce level only checked against the first ${pods.length} of ${all.length} existing pods`);
  if (found.size > 0) warn(`existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${levelText(level)}"`);
  const lines = [...found].map(([words, names]) => {
    const others = names.length - 1;
    const more = others === 0 ? '' : others === 1 ? ' (and 1 other pod)' : ` (and ${others} other pods)`;
    return `${names.sort()[0] ?? ''}${more}: ${words}`;
  });
  for (const line of lines.sort()) warn(line);
}

function validatePod(attributes: Attributes, pod: KubeObject): Status | undefined {
  if (IGNORED.includes(attributes.subresource)) return undefined;
  const policy = policyFor(attributes);
  if (policy.enforce.level === 'privileged' && policy.warn.level === 'privileged') return undefined;
  if (attributes.operation === 'UPDATE' && attributes.old !== undefined && !isSignificant(pod, attributes.old)) return undefined;
  const spec = pod['spec'] as PodSpec;
  const enforced = violations(policy.enforce, spec, pod.metadata);
  if (enforced.length > 0) return forbidden(attributes.info, nameForErrors(attributes), `violates PodSecurity "${levelText(policy.enforce)}": ${detailText(enforced)}`);
  warnOf(attributes, policy.warn, spec, pod.metadata);
  return undefined;
}

function warnOfTemplate(attributes: Attributes, object: KubeObject, path: readonly string[]): void {
  const policy = policyFor(attributes);
  if (policy.warn.level === 'privileged') return;
  let template: unknown = object;
  for (const step of path) template = (template as Readonly<Record<string, unknown>> | undefined)?.[step];
  const { spec, metadata = {} } = (template ?? {}) as { spec?: PodSpec; metadata?: Meta };
  if (spec !== undefined) warnOf(attributes, policy.warn, spec, metadata);
}

function warnOf({ warn }: Attributes, level: LevelVersion, spec: PodSpec, meta: Meta): void {
  const found = violations(level, spec, meta);
  if (found.length > 0) warn(`would violate PodSecurity "${levelText(level)}": ${detailText(found)}`);
}

const policyFor = ({ context, namespace }: Attributes): ReturnType<typeof policyOf>['policy'] => policyOf(context.lookup.get(NAMESPACES, '', namespace)?.metadata.labels).policy;

/** Whether an update changed what the checks look at: images, seccomp annotations, the number of containers. */
function isSignificant(pod: KubeObject, old: KubeObject): boolean {
  const [spec, before] = [pod['spec'] as PodSpec, old['spec'] as PodSpec];
  const [now, then] = [pod.metadata.annotations ?? {}, old.metadata.annotations ?? {}];
  if (now[SECCOMP_POD] !== then[SECCOMP_POD]) return true;
  const differs = (a: Container, b: Container | undefined): boolean => b === undefined || a.image !== b.image || now[SECCOMP_CONTAINER + a.name] !== then[SECCOMP_CONTAINER + a.name];
  for (const list of ['containers', 'initContainers'] as const) {
    const [next, last] = [spec[list] ?? [], before[list] ?? []];
    if (next.length !== last.length || next.some((container, at) => differs(container, last[at]))) return true;
  }
  return (spec.ephemeralContainers ?? []).some((container) => differs(container, before.ephemeralContainers?.find(({ name }) => name === container.name)));
}
