import { describe, expect, it } from 'vitest';
import { Kernel, PlainNetwork } from '../../../src/index.ts';
import type { ContainerConfig, CriMethod, CriCalls, CriRequest, CriResponse, PodSandboxConfig } from '../api/cri.ts';
import { type Process, processBehavior, suspend, type Task } from '../client/process.ts';
import { ZERO_TIMING } from './options.ts';
import { containerRuntime } from './runtime.ts';

const SANDBOX: PodSandboxConfig = {
  metadata: { name: 'p', namespace: 'default', uid: 'u1', attempt: 0 },
  hostname: 'p', dns: { servers: [], searches: [], options: [] }, labels: {}, annotations: {}, hostNetwork: false, sharedPids: false,
};

function config(name: string, command: string[], more: Partial<ContainerConfig> = {}): ContainerConfig {
  return {
    metadata: { name, attempt: 0 }, image: 'busybox:1.36', imageRef: '', command, args: [], workingDir: '', envs: [], mounts: [], files: {}, labels: {},
    annotations: {}, stdin: false, tty: false, terminationMessagePath: '/dev/termination-log', supplementalGroups: [], readOnlyRootFilesystem: false, ...more,
  };
}

type Call = <M extends CriMethod>(method: M, params: CriCalls[M]['params']) => Task<CriCalls[M]['result']>;

/** Runs `script` as a kubelet would against a runtime; answers what it returned. */
function drive<T>(script: (call: Call, process: Process) => Task<T>, seconds = 600): T {
  const kernel = new Kernel({ seed: 's', network: new PlainNetwork({ default: { min: 100, max: 100 } }) });
  const answer: { value?: T } = {};
  kernel.spawn(containerRuntime({ node: 'n', epoch: 0, nodeIps: ['192.168.0.1'], timing: ZERO_TIMING }));
  kernel.spawn({
    id: 'kubelet/n',
    type: 'kubelet',
    behavior: processBehavior((process) => {
      const open = new Map<number, (response: CriResponse) => void>();
      process.on<CriResponse>('cri.response', (response) => open.get(response.id)?.(response));
      process.on('cri.event', () => {});
      let id = 0;
      const call = function* <M extends CriMethod>(method: M, params: CriCalls[M]['params']): Task<CriCalls[M]['result']> {
        const response = yield* suspend<CriResponse<M>>((resume) => {
          open.set(++id, resume as (response: CriResponse) => void);
          process.send('container-runtime/n', { kind: 'cri.request', id, method, params } as CriRequest);
        });
        if (!response.ok) throw new Error(response.error?.message);
        return response.result as CriCalls[M]['result'];
      };
      process.go((function* (): Task {
        answer.value = yield* script(call as Call, process);
      })());
    }),
  });
  kernel.run({ until: seconds * 1_000_000 });
  if (!('value' in answer)) throw new Error('the script did not end');
  return answer.value as T;
}

describe('containerRuntime', () => {
  it('runs a container to its end', () => {
    const status = drive(function* (call, process): Task<any> {
      const { id: sandboxId } = yield* call('RunPodSandbox', SANDBOX);
      const { id } = yield* call('CreateContainer', { sandboxId, config: config('c', ['sh', '-c', 'echo out; echo why > /dev/termination-log; sleep 1; exit 3']) });
      yield* call('StartContainer', { id });
      yield* process.sleep('wait', 2_000_000);
      const logs = yield* call('ReadLogs', { id, query: {} });
      return { status: yield* call('ContainerStatus', { id }), logs, sandbox: yield* call('PodSandboxStatus', { id: sandboxId }) };
    });
    expect(status.status).toMatchObject({ state: 'EXITED', exitCode: 3, reason: 'Error', terminationLog: 'why\n', image: 'docker.io/library/busybox:1.36' });
    expect(status.status.finishedAt - status.status.startedAt).toBe(1_000_000);
    expect(status.logs.text).toBe('out\n');
    expect(status.sandbox.ips).toEqual(['10.244.0.2']);
  });

  it('stops with SIGTERM, then SIGKILL, and gives a new container a clean file system beside a kept volume', () => {
    const result = drive(function* (call, process): Task<any> {
      const { id: sandboxId } = yield* call('RunPodSandbox', SANDBOX);
      yield* call('MountVolume', { path: '/v', content: { kind: 'empty', memory: false } });
      const mounts = [{ containerPath: '/data', hostPath: '/v', readOnly: false }];
      const script = 'touch /own /data/shared; trap "" TERM; while :; do sleep 0.2; done';
      const first = yield* call('CreateContainer', { sandboxId, config: config('c', ['sh', '-c', script], { mounts }) });
      yield* call('StartContainer', first);
      yield* process.sleep('wait', 1_000_000);
      const before = process.now;
      yield* call('StopContainer', { id: first.id, timeoutUs: 6_000_000 });
      const took = process.now - before;
      const second = yield* call('CreateContainer', { sandboxId, config: config('c', ['sleep', '100'], { mounts, metadata: { name: 'c', attempt: 1 } }) });
      yield* call('StartContainer', second);
      const own = yield* call('ExecSync', { id: second.id, command: ['ls', '/own'], timeoutUs: 0 });
      const shared = yield* call('ExecSync', { id: second.id, command: ['ls', '/data/shared'], timeoutUs: 0 });
      return { took, own, shared, status: yield* call('ContainerStatus', first) };
    });
    expect(result.took).toBeGreaterThanOrEqual(6_000_000);
    expect(result.took).toBeLessThan(6_100_000);
    expect(result.status).toMatchObject({ exitCode: 137, reason: 'Error' });
    expect(result.own).toMatchObject({ exitCode: 1, stderr: 'ls: /own: No such file or directory\n' });
    expect(result.shared.exitCode).toBe(0);
  });

  it('joins the containers of a pod on localhost and refuses a second listener', () => {
    const result = drive(function* (call, process): Task<any> {
      const { id: sandboxId } = yield* call('RunPodSandbox', SANDBOX);
      const start = function* (name: string, image: string, command: string[]): Task<string> {
        const { id } = yield* call('CreateContainer', { sandboxId, config: { ...config(name, command), image } });
        yield* call('StartContainer', { id });
        return id;
      };
      yield* start('web', 'nginx:1.25', []);
      const other = yield* start('other', 'nginx:1.25', []);
      const client = yield* start('client', 'busybox', ['sleep', '60']);
      yield* process.sleep('wait', 100_000);
      return { other: yield* call('ContainerStatus', { id: other }), wget: yield* call('ExecSync', { id: client, command: ['wget', '-qO-', 'http://localhost'], timeoutUs: 0 }) };
    });
    expect(result.other).toMatchObject({ state: 'EXITED', exitCode: 1 });
    expect(result.wget.stdout).toContain('Welcome to nginx!');
  });

  it('kills what uses too much memory, and says why a command cannot start', () => {
    const result = drive(function* (call, process): Task<any> {
      const { id: sandboxId } = yield* call('RunPodSandbox', SANDBOX);
      const { id } = yield* call('CreateContainer', {
        sandboxId, config: { ...config('m', ['stress'], { memoryLimitBytes: 100 * 1024 ** 2 }), image: 'polinux/stress', args: ['--vm', '1', '--vm-bytes', '250M', '--vm-hang', '1'] },
      });
      yield* call('StartContainer', { id });
      yield* process.sleep('wait', 100_000);
      const missing = yield* call('CreateContainer', { sandboxId, config: config('x', ['nosuch']) });
      let message = '';
      try {
        yield* call('StartContainer', missing);
      } catch (error) {
        message = (error as Error).message;
      }
      return { oom: yield* call('ContainerStatus', { id }), missing: yield* call('ContainerStatus', missing), message };
    });
    expect(result.oom).toMatchObject({ state: 'EXITED', exitCode: 137, reason: 'OOMKilled' });
    expect(result.missing).toMatchObject({ state: 'EXITED', exitCode: 128, reason: 'StartError' });
    expect(result.message).toContain('exec: "nosuch": executable file not found in $PATH: unknown');
  });
});
