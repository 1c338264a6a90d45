import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateJob } from './batch.ts';
import { validateNamespace, validateNamespaceFinalize, validateNode } from './cluster.ts';
import { validateDaemonSet, validateDeployment, validateStatefulSet } from './workload.ts';

const template = (more: object = {}, labels: object = { app: 'a' }): object => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image: 'i', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }], restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', ...more },
});
const of = (spec: object, more: object = {}): KubeObject => ({ metadata: { name: 'w', namespace: 'default', ...more }, spec: { selector: { matchLabels: { app: 'a' } }, template: template(), ...spec } }) as unknown as KubeObject;
const told = (errors: Parameters<typeof errorText>[0][]): string[] => errors.map((error) => errorText(error).replace(/a valid label must be .*/, 'no label'));

const LABELS = 'MatchLabels:map[string]string(nil)';
const WRONG = { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b!'] }] };
const WRONG_VALUE = 'spec.selector.matchExpressions[0].values[1]: Invalid value: "b!": no label';
const WRONG_TEXT = `v1.LabelSelector{${LABELS}, MatchExpressions:[]v1.LabelSelectorRequirement{v1.LabelSelectorRequirement{Key:"app", Operator:"In", Values:[]string{"a", "b!"}}}}`;
const rolling = { rollingUpdate: { maxUnavailable: 1 } };

describe('a workload with a selector that cannot be used', () => {
  it('is told so once, without a word on its template', () => {
    const deployment = of({ selector: WRONG, strategy: { type: 'Recreate' } });
    expect(told(validateDeployment(deployment))).toEqual([WRONG_VALUE, `spec.selector: Invalid value: ${WRONG_TEXT}: invalid label selector`]);
    const set = of({ selector: WRONG, podManagementPolicy: 'Parallel', updateStrategy: { type: 'OnDelete' } });
    expect(told(validateStatefulSet(set))).toEqual([WRONG_VALUE, `spec.selector: Invalid value: ${WRONG_TEXT}`]);
    expect(told(validateDaemonSet(of({ selector: WRONG, updateStrategy: { type: 'OnDelete' } })))).toEqual([WRONG_VALUE]);
  });
});

describe('a strategy that is none', () => {
  it('is printed as a whole', () => {
    expect(told(validateDeployment(of({ strategy: { type: 'x' } })))).toEqual([
      'spec.strategy: Unsupported value: apps.DeploymentStrategy{Type:"x", RollingUpdate:(*apps.RollingUpdateDeployment)(nil)}: supported values: "Recreate", "RollingUpdate"',
    ]);
    expect(told(validateDaemonSet(of({ updateStrategy: { type: 'x', ...rolling } })))).toEqual([
      'spec.updateStrategy: Unsupported value: apps.DaemonSetUpdateStrategy{Type:"x", RollingUpdate:(*apps.RollingUpdateDaemonSet)(0xc000000000)}: supported values: "RollingUpdate", "OnDelete"',
    ]);
  });
});

describe('a Job', () => {
  const own = { 'controller-uid': 'u', 'job-name': 'w', 'batch.kubernetes.io/controller-uid': 'u', 'batch.kubernetes.io/job-name': 'w' };
  const job = (spec: object, labels: object = own): KubeObject => of({ template: template({ restartPolicy: 'Never' }, labels), selector: { matchLabels: { 'controller-uid': 'u' } }, ...spec }, { uid: 'u' });

  it.each<[string, KubeObject, string[]]>([
    ['is good', job({}), []],
    ['selects by its name, too', job({ selector: { matchLabels: { 'controller-uid': 'u', 'job-name': 'w' } } }), []],
    ['restarts as it pleases', job({ template: template({ restartPolicy: 'x' }, own) }), expect.arrayContaining(['spec.template.spec.restartPolicy: Unsupported value: "x": supported values: "OnFailure", "Never"']) as unknown as string[]],
    ['has no labels of its own', job({}, { ...own, 'job-name': 'v' }), [`spec.template.metadata.labels[job-name]: Invalid value: map[string]string{"batch.kubernetes.io/controller-uid":"u", "batch.kubernetes.io/job-name":"w", "controller-uid":"u", "job-name":"v"}: must be 'w'`]],
    ['has no selector', job({ manualSelector: true, selector: undefined }, { app: 'a' }), ['spec.selector: Required value', 'spec.template.metadata.labels: Invalid value: map[string]string{"app":"a"}: `selector` does not match template `labels`']],
    ['has a selector that cannot be used', job({ manualSelector: true, selector: WRONG }, { app: 'a' }), [WRONG_VALUE]],
  ])('that %s', (_what, object, expected) => {
    expect(told(validateJob(object))).toEqual(expected);
  });
});

describe('what lies below workloads', () => {
  it('has nodes with ranges of pods, one of each family', () => {
    const node = (...podCIDRs: string[]): KubeObject => ({ metadata: { name: 'n' }, spec: { podCIDRs }, status: { capacity: { foo: '1', 'a.b/c': '-1' } } }) as unknown as KubeObject;
    const capacity = 'status.capacity.a.b/c: Invalid value: "-1": must be greater than or equal to 0';
    expect(told(validateNode(node('10.0.0.0/24', 'fd00::/64')))).toEqual([capacity]);
    expect(told(validateNode(node('x')))).toEqual([capacity, 'spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']);
    expect(told(validateNode(node('10.0.0.0/24', '10.0.1.0/24')))).toEqual([capacity, 'spec.podCIDRs: Invalid value: []string{"10.0.0.0/24", "10.0.1.0/24"}: may specify no more than one CIDR for each IP family']);
  });

  it('has namespaces with finalizers that somebody owns', () => {
    const namespace = { metadata: { name: 'n' }, spec: { finalizers: ['kubernetes', 'a.b/c', 'foo'] } } as unknown as KubeObject;
    const text = 'Invalid value: "foo": name is neither a standard finalizer name nor is it fully qualified';
    expect(told(validateNamespace(namespace))).toEqual([`spec.finalizers: ${text}`]);
    expect(told(validateNamespaceFinalize(namespace))).toEqual([`spec.finalizers[2]: ${text}`]);
  });
});
