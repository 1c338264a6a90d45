/** Users, privileges and kernel settings of containers (test/e2e/common/node: security_context, sysctl, runtimeclass; test/e2e/node/security_context.go). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { condition, conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();
const once = (container: Json, spec: Json = {}): Json => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod' }, spec: { restartPolicy: 'Never', ...spec, containers: [{ name: 'test', image: IMAGES.busybox, ...container }] } });

describe('Security Context', () => {
  conformance('Security Context When creating a container with runAsUser should run the container with uid 65534', () => cluster, (f) => {
    f.create('pods', once({ command: ['sh', '-c', 'test $(id -u) -eq 65534'], securityContext: { runAsUser: 65534 } }));
    f.waitSucceeded('pod');
  });
  conformance('Security Context When creating a pod with privileged should run the container as unprivileged when false', () => cluster, (f) => {
    f.create('pods', once({ command: ['sh', '-c', 'ip link add dummy0 type dummy || true'], securityContext: { privileged: false } }));
    f.waitSucceeded('pod');
    expect(f.logs('pod')).toContain('Operation not permitted');
  });
  conformance('Security Context When creating a pod with readOnlyRootFilesystem should run the container with writable rootfs when readOnlyRootFilesystem=false', () => cluster, (f) => {
    f.create('pods', once({ command: ['sh', '-c', 'touch checkfile'], securityContext: { readOnlyRootFilesystem: false } }));
    f.waitSucceeded('pod');
  });
  conformance('Security Context when creating containers with AllowPrivilegeEscalation should not allow privilege escalation when false', () => cluster, (f) => {
    f.create('pods', once({ image: 'registry.k8s.io/e2e-test-images/nonewprivs:1.3', securityContext: { allowPrivilegeEscalation: false, runAsUser: 1000 } }));
    f.waitSucceeded('pod');
    expect(f.logs('pod')).toMatch(/Effective uid: 1000/);
  });
  const identity = { runAsUser: 1001, runAsGroup: 2002 };
  conformance('Security Context should support pod.Spec.SecurityContext.RunAsUser And pod.Spec.SecurityContext.RunAsGroup', () => cluster, (f) =>
    void f.testContainerOutput(once({ command: ['sh', '-c', 'id'] }, { securityContext: identity }), 0, ['uid=1001', 'gid=2002']));
  conformance('Security Context should support container.SecurityContext.RunAsUser And container.SecurityContext.RunAsGroup', () => cluster, (f) =>
    void f.testContainerOutput(once({ command: ['sh', '-c', 'id'], securityContext: identity }), 0, ['uid=1001', 'gid=2002']));
});

describe('Sysctls', () => {
  conformance('Sysctls should support sysctls', () => cluster, (f) => {
    f.create('pods', once({ command: ['/bin/sysctl', 'kernel.shm_rmid_forced'] }, { securityContext: { sysctls: [{ name: 'kernel.shm_rmid_forced', value: '1' }] } }));
    f.waitPod('pod', 'ends', ({ status }) => status.phase === 'Succeeded' || status.phase === 'Failed');
    expect(f.get('pods', 'pod').status.phase).toBe('Succeeded');
    expect(f.logs('pod')).toContain('kernel.shm_rmid_forced = 1');
  });
  conformance('Sysctls should reject invalid sysctls', () => cluster, (f) => {
    const sysctls = [{ name: 'foo-', value: 'bar' }, { name: 'kernel.shmmax', value: '100000000' }, { name: 'safe-and-unsafe', value: '100000000' }, { name: 'bar..', value: '42' }];
    const { code, body } = f.try('POST', f.path('pods'), once({}, { securityContext: { sysctls } }));
    expect(code).toBe(422);
    expect(body.message).toContain('Invalid value: "foo-"');
    expect(body.message).toContain('Invalid value: "bar.."');
    expect(body.message).not.toContain('safe-and-unsafe');
    expect(body.message).not.toContain('kernel.shmmax');
  });
});

describe('RuntimeClass', () => {
  const all = '/apis/node.k8s.io/v1/runtimeclasses';
  const runtimeClass = (f: Framework, more: Json = {}): Json => ({ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: `${f.namespace}-handler`, labels: { test: f.namespace } }, handler: 'e2e-handler', ...more });
  const rejected = (f: Framework): void => {
    const { code, body } = f.try('POST', f.path('pods'), once({}, { runtimeClassName: `${f.namespace}-handler` }));
    expect({ code, reason: body.reason }).toEqual({ code: 403, reason: 'Forbidden' });
  };
  conformance('RuntimeClass should reject a Pod requesting a non-existent RuntimeClass', () => cluster, rejected);
  conformance('RuntimeClass should reject a Pod requesting a deleted RuntimeClass', () => cluster, (f) => {
    f.must('POST', all, runtimeClass(f));
    f.must('DELETE', `${all}/${f.namespace}-handler`);
    f.cluster.poll('it is gone', () => f.try('GET', `${all}/${f.namespace}-handler`).code === 404);
    rejected(f);
  });
  for (const overhead of [undefined, { podFixed: { cpu: '10m', memory: '1Mi' } }]) {
    const title = overhead === undefined ? 'without PodOverhead' : 'and initialize its Overhead';
    conformance(`RuntimeClass should schedule a Pod requesting a RuntimeClass ${title}`, () => cluster, (f) => {
      f.must('POST', all, runtimeClass(f, overhead === undefined ? {} : { overhead }));
      f.cluster.sleep(2);
      f.create('pods', once({}, { runtimeClassName: `${f.namespace}-handler` }));
      const pod = f.waitPod('pod', 'is scheduled', ({ status }) => condition(status, 'PodScheduled')?.status === 'True');
      expect(pod.spec.overhead).toEqual(overhead?.podFixed);
      f.must('DELETE', `${all}/${f.namespace}-handler`);
    });
  }
  conformance('RuntimeClass should support RuntimeClasses API operations', () => cluster, (f) => {
    const selector = `labelSelector=test%3D${f.namespace}`;
    const named = (name: string): Json => runtimeClass(f, { metadata: { name: `${f.namespace}-${name}`, labels: { test: f.namespace } } });
    const first = f.must('POST', all, named('a'));
    expect(f.try('POST', all, named('a')).body.reason).toBe('AlreadyExists');
    f.must('POST', all, named('b'));
    const watched = f.cluster.watch(`${all}?${selector}&resourceVersion=${first.metadata.resourceVersion}`);
    f.must('POST', all, named('c'));
    expect(f.must('GET', `${all}/${f.namespace}-a`).metadata.uid).toBe(first.metadata.uid);
    expect(f.must('GET', `${all}?${selector}`).items).toHaveLength(3);
    const patched = f.must('PATCH', `${all}/${f.namespace}-a`, { metadata: { annotations: { patched: 'true' } } }, { contentType: 'application/merge-patch+json' });
    expect(patched.metadata.annotations.patched).toBe('true');
    const updated = f.must('PUT', `${all}/${f.namespace}-a`, { ...patched, metadata: { ...patched.metadata, annotations: { patched: 'true', updated: 'true' } } });
    expect(updated.metadata.annotations.updated).toBe('true');
    f.cluster.poll('the watch saw the update', () => watched.some(({ type, object }) => type === 'MODIFIED' && object.metadata.annotations?.['updated'] === 'true'));
    f.must('DELETE', `${all}/${f.namespace}-a`);
    expect(f.try('GET', `${all}/${f.namespace}-a`).code).toBe(404);
    f.must('DELETE', `${all}?${selector}`);
    expect(f.must('GET', `${all}?${selector}`).items).toHaveLength(0);
  });
});
