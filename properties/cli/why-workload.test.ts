/**
 * `why` of StatefulSets, DaemonSets and Jobs: their numbers, what stands in their way, and the pods that are not well.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { verb } from './in-process.ts';
import { folder } from './kubetwin.ts';

const MANIFESTS = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 2
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, image: nginx, resources: {requests: {memory: 900Gi}}}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: fails}
spec:
  backoffLimit: 0
  template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: ["sh", "-c", "exit 3"]}]}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {nodeSelector: {disk: ssd}, containers: [{name: c, image: nginx}]}}
`;

let log = '';

beforeAll(async () => {
  const place = folder();
  log = join(place, 'run.log');
  writeFileSync(join(place, 'all.yaml'), MANIFESTS);
  await verb('run', join(place, 'all.yaml'), '--nodes', '1', '--for', '10s', '--log', log);
});

describe('why', () => {
  it('of a StatefulSet names the pod that it waits for', async () => {
    const { stdout } = await verb('why', log, 'sts/db');
    expect(stdout).toMatch(/^Why is StatefulSet default\/db not done\?\n +0 of 2 replicas are ready/);
    expect(stdout).toMatch(/Pod default\/db-0 Pending: kube-scheduler found no node for it .*Insufficient memory/);
    expect(stdout).not.toContain('db-1');
  });

  it('of a Job tells how its pods ended', async () => {
    const { stdout } = await verb('why', log, 'job/fails');
    expect(stdout).toMatch(/^Why is Job default\/fails not done\?\n +0 of 1 pods succeeded, 1 failed, 0 are active\n/);
    expect(stdout).toContain('Failed=True: BackoffLimitExceeded');
    expect(stdout).toMatch(/Pod default\/fails-\w{5} failed: container c exited with code 3 \(Error\)/);
  });

  it('of a DaemonSet says which nodes it asks for', async () => {
    const { stdout } = await verb('why', log, 'ds/agent');
    expect(stdout).toMatch(/0 pods are ready on the 0 nodes that should have one\n +no node has the labels disk=ssd, which its pods select\n/);
  });
});
