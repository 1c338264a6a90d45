import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateService, validateServiceUpdate } from './service.ts';

const port = { name: 'http', port: 80, targetPort: 80, protocol: 'TCP' };
const service = (spec: object, annotations?: Record<string, string>): KubeObject =>
  ({
    metadata: { name: 's', namespace: 'default', ...(annotations === undefined ? {} : { annotations }) },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], sessionAffinity: 'None', internalTrafficPolicy: 'Cluster', ports: [port], ...spec },
  }) as unknown as KubeObject;
const balancer = { type: 'LoadBalancer', externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true };
const nodePort = { type: 'NodePort', externalTrafficPolicy: 'Cluster' };
const ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';

const CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const SAME_PORT = 'core.ServicePort{Name:"", Protocol:"TCP", AppProtocol:(*string)(nil), Port:80, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}';

describe('a Service', () => {
  it.each<[string, KubeObject, string[]]>([
    ['is good', service({}), []],
    [
      'repeats node ports before ports',
      service({ ...nodePort, ports: [{ ...port, nodePort: 30001 }, { ...port, nodePort: 30001 }] }),
      ['spec.ports[1].name: Duplicate value: "http"', 'spec.ports[1].nodePort: Duplicate value: 30001', `spec.ports[1]: Duplicate value: ${SAME_PORT}`],
    ],
    ['has an odd protocol of its application', service({ ports: [{ ...port, appProtocol: 'a/b/c' }] }), [expect.stringMatching(/^spec\.ports\[0\]\.appProtocol: Invalid value: "a\/b\/c": a qualified name must/) as unknown as string]],
    ['has no whole cluster IP', service({ clusterIP: '1.2.3', clusterIPs: ['1.2.3'] }), [`spec.clusterIPs[0]: Invalid value: "1.2.3": ${IP}`]],
    ['has no whole external IP', service({ externalIPs: ['1.2.3', '0.0.0.0'], externalTrafficPolicy: 'Cluster' }), [`spec.externalIPs[0]: Invalid value: "1.2.3": ${IP}`, 'spec.externalIPs[1]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)']],
    ['takes ranges with spaces and leading zeros', service({ ...balancer, loadBalancerSourceRanges: [' 010.0.0.0/8 '] }), []],
    ['has ranges that are none', service({ ...balancer, loadBalancerSourceRanges: ['10.0.0.0/33', '::/0', 'a'] }), [`spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0/33": ${CIDR}`, `spec.LoadBalancerSourceRanges[2]: Invalid value: "a": ${CIDR}`]],
    ['has ranges without a balancer', service({ loadBalancerSourceRanges: ['a'] }), ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'", `spec.LoadBalancerSourceRanges[0]: Invalid value: "a": ${CIDR}`]],
    ['has ranges in an annotation', service(balancer, { [ANNOTATION]: '10.0.0.0/8, b' }), [`metadata.annotations[${ANNOTATION}]: Invalid value: "b": ${CIDR}`]],
    ['needs a port for health checks', service({ ...balancer, externalTrafficPolicy: 'Local' }), ['spec.healthCheckNodePort: Required value']],
    ['has a class that is no name', service({ ...balancer, loadBalancerClass: '/' }), expect.arrayContaining(['spec.loadBalancerClass: Invalid value: "/": prefix part must be non-empty']) as unknown as string[]],
    ['has no ports, and tells so first', service({ ports: [], sessionAffinity: 'x' }), ['spec.ports: Required value', 'spec.sessionAffinity: Unsupported value: "x": supported values: "ClientIP", "None"']],
  ])('that %s', (_what, object, expected) => {
    expect(validateService(object).map(errorText)).toEqual(expected);
  });

  it('keeps its class and its port for health checks', () => {
    const local = { ...balancer, externalTrafficPolicy: 'Local' };
    const old = service({ ...local, healthCheckNodePort: 30005, loadBalancerClass: 'a.b/c' });
    const next = service({ ...local, healthCheckNodePort: 30006, loadBalancerClass: 'a.b/d' });
    expect(validateServiceUpdate(next, old).map(errorText)).toEqual([
      'spec.loadBalancerClass: Invalid value: "a.b/d": may not change once set',
      'spec.healthCheckNodePort: Forbidden: field is immutable',
    ]);
  });
});
