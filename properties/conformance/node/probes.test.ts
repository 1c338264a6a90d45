/** Probes and lifecycle hooks (test/e2e/common/node: container_probe, lifecycle_hook; test/e2e/node/pre_stop.go). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();
const spec = (container: Json): Json => ({ containers: [{ name: 'c', image: IMAGES.agnhost, ...container }] });
const restarts = (f: Framework, name = 'probed'): number => f.get('pods', name).status.containerStatuses?.[0]?.restartCount ?? 0;

/** RunLivenessTest: watches the restart count for four minutes, or until it has grown so often. */
function liveness(f: Framework, container: Json, expected: number, seconds = 240): void {
  f.create('pods', f.pod('probed', spec(container)));
  f.waitPod('probed', 'has left Pending', ({ status }) => status.phase !== 'Pending');
  const end = f.cluster.seconds + seconds;
  let last = restarts(f);
  while (f.cluster.seconds < end && (expected === 0 || last < expected)) {
    f.cluster.sleep(2);
    const now = restarts(f);
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
  expect(expected === 0 ? last : Math.min(last, expected)).toBe(expected);
}

describe('Probing container', () => {
  const title = (what: string): string => `Probing container ${what}`;
  const health = (script: string): Json => ({ image: IMAGES.busybox, command: ['/bin/sh', '-c', script] });
  const CAT = { exec: { command: ['cat', '/tmp/health'] }, initialDelaySeconds: 15, failureThreshold: 1, timeoutSeconds: 5 };

  conformance(title('with readiness probe should not be ready before initial delay and never restart'), () => cluster, (f) => {
    const delay = 30;
    f.create('pods', f.pod('probed', spec({ args: ['test-webserver'], readinessProbe: { httpGet: { path: '/', port: 80 }, initialDelaySeconds: delay } })));
    const { status } = f.waitReady('probed');
    const started = Date.parse(status.containerStatuses[0].state.running.startedAt);
    const ready = Date.parse(status.conditions.find((each: Json) => each.type === 'Ready').lastTransitionTime);
    expect(ready - started).toBeGreaterThanOrEqual(delay * 1000);
    expect(restarts(f)).toBe(0);
  });
  conformance(title('with readiness probe that fails should never be ready and never restart'), () => cluster, (f) => {
    f.create('pods', f.pod('probed', spec({ args: ['test-webserver'], readinessProbe: { httpGet: { path: '/', port: 81 }, initialDelaySeconds: 30 } })));
    f.cluster.sleep(60);
    expect(f.get('pods', 'probed').status.conditions.find((each: Json) => each.type === 'Ready').status).toBe('False');
    expect(restarts(f)).toBe(0);
  });
  conformance(title('should be restarted with a exec "cat /tmp/health" liveness probe'), () => cluster, (f) => liveness(f, { ...health('echo ok >/tmp/health; sleep 10; rm -rf /tmp/health; sleep 600'), livenessProbe: CAT }, 1));
  conformance(title('should *not* be restarted with a exec "cat /tmp/health" liveness probe'), () => cluster, (f) => liveness(f, { ...health('echo ok >/tmp/health; sleep 600'), livenessProbe: CAT }, 0));
  conformance(title('should be restarted with a /healthz http liveness probe'), () => cluster, (f) => liveness(f, { args: ['liveness'], livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, initialDelaySeconds: 15, failureThreshold: 1 } }, 1));
  conformance(title('should *not* be restarted with a tcp:8080 liveness probe'), () => cluster, (f) => liveness(f, { args: ['liveness'], livenessProbe: { tcpSocket: { port: 8080 }, initialDelaySeconds: 15, failureThreshold: 1 } }, 0));
  conformance(title('should have monotonically increasing restart count'), () => cluster, (f) => liveness(f, { args: ['liveness'], livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, initialDelaySeconds: 5, failureThreshold: 1 } }, 5, 300));
  conformance(title('should *not* be restarted with a /healthz http liveness probe'), () => cluster, (f) => liveness(f, { args: ['test-webserver'], livenessProbe: { httpGet: { path: '/', port: 80 }, initialDelaySeconds: 15, timeoutSeconds: 5, failureThreshold: 5 } }, 0));
  const grpc = (port: number): Json => ({ command: ['/agnhost', 'grpc-health-checking'], ports: [{ containerPort: 5000 }, { containerPort: 8080 }], livenessProbe: { grpc: { port }, initialDelaySeconds: 10, failureThreshold: 1 } });
  conformance(title('should *not* be restarted with a GRPC liveness probe'), () => cluster, (f) => liveness(f, grpc(5000), 0));
  conformance(title('should be restarted with a GRPC liveness probe'), () => cluster, (f) => liveness(f, grpc(2333), 1));
});

describe('Container Lifecycle Hook', () => {
  for (const kind of ['exec', 'http']) {
    for (const when of ['postStart', 'preStop']) {
      conformance(`Container Lifecycle Hook when create a pod with lifecycle hook should execute ${when.toLowerCase()} ${kind} hook properly`, () => cluster, (f) => {
        f.createSync(f.pod('pod-handle-http-request', {
          containers: [
            { name: 'container-handle-http-request', image: IMAGES.agnhost, args: ['netexec'], ports: [{ containerPort: 8080 }] },
            { name: 'container-handle-https-request', image: IMAGES.agnhost, args: ['netexec', '--http-port', '9090', '--udp-port', '9091', '--tls-cert-file', '/localhost.crt', '--tls-private-key-file', '/localhost.key'], ports: [{ containerPort: 9090 }] },
          ],
        }));
        const { podIP } = f.get('pods', 'pod-handle-http-request').status;
        const message = when.toLowerCase();
        const handler = kind === 'exec' ? { exec: { command: ['sh', '-c', `curl http://${podIP}:8080/echo?msg=${message}`] } } : { httpGet: { path: `/echo?msg=${message}`, host: podIP, port: 8080 } };
        f.createSync(f.pod('pod-with-hook', { containers: [{ name: 'pod-with-hook', image: kind === 'exec' ? IMAGES.agnhost : IMAGES.pause, lifecycle: { [when]: handler } }] }));
        const heard = (): boolean => f.logs('pod-handle-http-request', 'container-handle-http-request').includes(`GET /echo?msg=${message}`);
        if (when === 'postStart') f.cluster.poll('the hook', heard, 30);
        f.deleteSync('pod-with-hook', { gracePeriodSeconds: 15 });
        f.cluster.poll('the hook', heard, 30);
        if (kind === 'exec') return;
        // Later versions of the test ask a sidecar of the pod, which passes the request on.
        const before = f.logs('pod-handle-http-request', 'container-handle-http-request').length;
        const path = `/dial?host=${podIP}&port=8080&request=${encodeURIComponent(`echo?msg=${message}`)}`;
        const sidecar = { name: 'container-redirect', image: IMAGES.agnhost, restartPolicy: 'Always', args: ['netexec', '--udp-port', '-1'], startupProbe: { httpGet: { path: '/echo?msg=startup', port: 8080 } } };
        f.createSync(f.pod('pod-with-sidecar', { initContainers: [sidecar], containers: [{ name: 'pod-with-hook', image: IMAGES.pause, lifecycle: { [when]: { httpGet: { path, port: 8080 } } } }] }));
        f.deleteSync('pod-with-sidecar', { gracePeriodSeconds: 15 });
        f.cluster.poll('the hook', () => f.logs('pod-handle-http-request', 'container-handle-http-request').slice(before).includes(`GET /echo?msg=${message}`), 30);
      });
    }
  }
});

describe('PreStop', () => {
  conformance('PreStop should call prestop when killing a pod', () => cluster, (f) => {
    f.createSync(f.pod('server', { containers: [{ name: 'server', image: IMAGES.agnhost, args: ['nettest'], ports: [{ containerPort: 8080 }] }] }));
    const { podIP } = f.get('pods', 'server').status;
    const command = ['wget', '-O-', `--post-data={"Source": "prestop"}`, `http://${podIP}:8080/write`];
    f.createSyncRunning(f.pod('tester', { containers: [{ name: 'tester', image: IMAGES.busybox, command: ['sleep', '600'], lifecycle: { preStop: { exec: { command } } } }] }));
    f.delete('pods', 'tester');
    f.cluster.poll('the server heard it', () => {
      const { code, body } = f.proxy('pods', 'server', '/read');
      return code === 200 && JSON.parse(body).Received?.prestop !== undefined;
    }, 60);
  });
});
