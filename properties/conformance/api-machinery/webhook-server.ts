/** Deploys an agnhost webhook: a Secret with its certificate, a Deployment, a Service. */
import { IMAGES, type Client } from '../framework/client.ts';

/** What signs the server's certificate. The simulation asks only whether there is something to trust. */
export const CA_BUNDLE = btoa('-----BEGIN CERTIFICATE-----\nVHdpbg==\n-----END CERTIFICATE-----\n');

export interface Webhook {
  readonly service: string;
  readonly port: number;
}

export function deployWebhook(k: Client, namespace: string, command: 'webhook' | 'crd-conversion-webhook', port: number): Webhook {
  const [name, service, containerPort] = [`sample-${command}-deployment`, `e2e-test-${command}`, port + 1];
  const labels = { app: `sample-${command}`, webhook: 'true' };
  k.post(`/api/v1/namespaces/${namespace}/secrets`, { metadata: { name: `sample-${command}-secret` }, type: 'Opaque', data: { 'tls.crt': CA_BUNDLE, 'tls.key': btoa('key') } });
  const container = {
    name: `sample-${command}`,
    image: IMAGES.agnhost,
    args: [command, '--tls-cert-file=/webhook.local.config/certificates/tls.crt', '--tls-private-key-file=/webhook.local.config/certificates/tls.key', '--alsologtostderr', '-v=4', `--port=${containerPort}`],
    volumeMounts: [{ name: 'webhook-certs', readOnly: true, mountPath: '/webhook.local.config/certificates' }],
    readinessProbe: { httpGet: { scheme: 'HTTPS', port: containerPort, path: '/readyz' }, periodSeconds: 1, successThreshold: 1, failureThreshold: 30 },
    ports: [{ containerPort }],
  };
  const spec = { terminationGracePeriodSeconds: 0, containers: [container], volumes: [{ name: 'webhook-certs', secret: { secretName: `sample-${command}-secret` } }] };
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  k.post(path, { metadata: { name, labels }, spec: { replicas: 1, selector: { matchLabels: labels }, strategy: { type: 'RollingUpdate' }, template: { metadata: { labels }, spec } } });
  k.poll(() => {
    const { metadata, status } = k.get(`${path}/${name}`);
    return metadata.annotations?.['deployment.kubernetes.io/revision'] === '1' && status.availableReplicas === 1 && status.updatedReplicas === 1 && status.observedGeneration >= metadata.generation;
  });
  k.post(`/api/v1/namespaces/${namespace}/services`, { metadata: { name: service, labels: { test: command } }, spec: { selector: { webhook: 'true' }, ports: [{ protocol: 'TCP', port, targetPort: containerPort }] } });
  k.poll(() => (k.maybe(`/api/v1/namespaces/${namespace}/endpoints/${service}`)?.subsets ?? []).flatMap(({ addresses = [] }: { addresses?: unknown[] }) => addresses).length === 1, 30);
  return { service, port };
}
