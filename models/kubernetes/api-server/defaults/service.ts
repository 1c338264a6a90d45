/**
 * Defaults of Services, endpoints, network policies and ingress classes.
 * Upstream: pkg/apis/core/v1/defaults.go, pkg/apis/discovery/v1/defaults.go, pkg/apis/networking/v1/defaults.go.
 */
import { NEW } from '../../object/new.ts';
import type { KubeObject } from '../../object/types.ts';
import { fill, over, overEach, put } from './fill.ts';
import type { Json } from './fill.ts';

/** DefaultClientIPServiceAffinitySeconds: three hours. */
const AFFINITY_SECONDS = 10800;

function servicePort(port: Json): Json {
  const out = fill(port, { protocol: 'TCP' });
  return out.targetPort === undefined || out.targetPort === 0 || out.targetPort === '' ? { ...NEW, ...out, targetPort: out.port } : out;
}

const isExternallyAccessible = (spec: Json): boolean =>
  spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);

function serviceSpec(spec: Json): Json {
  let out = fill(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
  if (out.sessionAffinity === 'None') out = withoutField(out, 'sessionAffinityConfig');
  if (out.sessionAffinity === 'ClientIP' && out.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    out = { ...out, sessionAffinityConfig: { clientIP: { timeoutSeconds: AFFINITY_SECONDS } } };
  }
  out = overEach(out, 'ports', servicePort);
  if (isExternallyAccessible(out)) out = fill(out, { externalTrafficPolicy: 'Cluster' });
  if (out.type === 'NodePort' || out.type === 'LoadBalancer' || out.type === 'ClusterIP') {
    out = fill(out, { internalTrafficPolicy: 'Cluster' });
  }
  return out.type === 'LoadBalancer' ? fill(out, { allocateLoadBalancerNodePorts: true }) : out;
}

function withoutField(object: Json, name: string): Json {
  if (object[name] === undefined) return object;
  const { [name]: _, ...rest } = object;
  return rest;
}

export function defaultService(object: KubeObject): KubeObject {
  const out = over(object, 'spec', serviceSpec);
  if (out['spec']?.type !== 'LoadBalancer') return out;
  return over(out, 'status', (status) =>
    over(status, 'loadBalancer', (balancer) =>
      overEach(balancer, 'ingress', (entry) => (entry.ip === undefined ? entry : fill(entry, { ipMode: 'VIP' }))),
    ),
  );
}

export const defaultEndpoints = (object: KubeObject): KubeObject =>
  overEach(object, 'subsets', (subset) => overEach(subset, 'ports', (port) => fill(port, { protocol: 'TCP' })));

export const defaultEndpointSlice = (object: KubeObject): KubeObject =>
  overEach(object, 'ports', (port) => fill(port, { name: '', protocol: 'TCP' }));

/** NetworkPolicy: Egress counts only when there are egress rules. */
export const defaultNetworkPolicy = (object: KubeObject): KubeObject =>
  over(object, 'spec', (spec) => {
    const policyTypes = (spec.egress?.length ?? 0) > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
    const ports = (rule: Json): Json => overEach(rule, 'ports', (port) => fill(port, { protocol: 'TCP' }));
    return overEach(overEach(fill(spec, { policyTypes }), 'ingress', ports), 'egress', ports);
  });

export const defaultIngressClass = (object: KubeObject): KubeObject =>
  over(object, 'spec', (spec) => over(spec, 'parameters', (parameters) => fill(parameters, { scope: 'Cluster' })));

/** Namespace: carries its own name as a label; the label comes back when somebody removes it. */
export function defaultNamespace(object: KubeObject): KubeObject {
  const name = object.metadata.name;
  if (name === undefined || name === '' || object.metadata.labels?.['kubernetes.io/metadata.name'] === name) return object;
  const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': name };
  return put(object, 'metadata', { ...object.metadata, labels });
}
