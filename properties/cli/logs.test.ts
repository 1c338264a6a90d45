/** `kubetwin logs`: what containers had printed at a moment of a run. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Printed, verb } from './in-process.ts';
import { folder } from './kubetwin.ts';

const PODS = `
apiVersion: v1
kind: Pod
metadata: { name: two }
spec:
  containers:
  - { name: counter, image: 'busybox:1.36', command: [sh, -c, 'i=0; while true; do echo "line $i"; i=$((i+1)); sleep 1; done'] }
  - { name: crasher, image: 'busybox:1.36', command: [sh, -c, 'echo "life $(cat /v/n 2>/dev/null | wc -l)"; echo x >> /v/n; sleep 2; [ $(wc -l < /v/n) -ge 2 ] && sleep infinity; exit 1'], volumeMounts: [{ name: v, mountPath: /v }] }
  volumes: [{ name: v, emptyDir: {} }]
`;

describe('kubetwin logs', () => {
  const place = folder();
  const log = join(place, 'run.log');
  const logs = (...args: readonly string[]): Promise<Printed> => verb('logs', log, ...args);
  const printed = async (...args: readonly string[]): Promise<string> => (await logs(...args)).stdout;

  beforeAll(async () => {
    writeFileSync(join(place, 'pods.yaml'), PODS);
    expect((await verb('run', join(place, 'pods.yaml'), '--nodes', '1', '--for', '15s', '--log', log)).code).toBe(0);
  });

  it('prints the first container, as it was at a moment', async () => {
    expect(await printed('pod/two', '--at', '6s')).toMatch(/^line 0\nline 1\n/);
    expect(await printed('two', '--tail', '1', '--at', '12s')).not.toBe(await printed('two', '--tail', '1', '--at', '8s'));
  });

  it('prints the life before the last restart', async () => {
    expect(await printed('two', '-c', 'crasher')).toBe('life 1\n');
    expect(await printed('two', '-c', 'crasher', '--previous')).toBe('life 0\n');
  });

  it('prints all containers, and JSON', async () => {
    expect(await printed('two', '--all-containers', '--tail', '1')).toMatch(/^\[counter\] line \d+\n\[crasher\] life 1\n$/);
    expect(JSON.parse(await printed('two', '-c', 'crasher', '--json'))).toEqual([{ container: 'crasher', attempt: 1, state: 'RUNNING', log: 'life 1\n' }]);
  });

  it('says what is not there', async () => {
    expect(await logs('nobody')).toMatchObject({ code: 1, stderr: 'Error from server (NotFound): pods "nobody" not found\n' });
    expect((await logs('two', '-c', 'third')).stderr).toBe('error: container third is not valid for pod two: it has counter, crasher\n');
    expect((await logs('two', '--previous')).stderr).toBe('Error from server (BadRequest): previous terminated container "counter" in pod "two" not found\n');
    expect(await logs('two', '--since', 'soon')).toMatchObject({ code: 2, stderr: 'kubetwin: --since must be a duration such as 30s or 5m, not "soon"\n' });
  });
});
