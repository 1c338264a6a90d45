/**
 * Faults of containers: their process dies, they are killed for memory, they hang; and of their pod's sandbox.
 */
import type { Kernel, Message } from '../../../src/index.ts';
import type { Process } from '../client/process.ts';
import { actorsOf, type Arguments, type Draw, type FaultKind } from './kind.ts';
import { tell } from './connection.ts';

const ARGS = { pod: 'namespace/name of a pod (drawn among those with running containers)', container: 'the name of one of its containers (all)' };

interface Running {
  readonly status: { readonly state: string };
  readonly sandbox: { readonly config: { readonly metadata: { readonly namespace: string; readonly name: string } } };
}

/** A pod with running containers, and the runtime that has it. */
interface Victim {
  readonly runtime: string;
  readonly pod: string;
}

function victims(kernel: Kernel): readonly Victim[] {
  return actorsOf(kernel, 'container-runtime').flatMap((runtime) => {
    const state = kernel.state(runtime) as (Process & { readonly service?: { readonly kept: { readonly containers: ReadonlyMap<string, Running> } } }) | undefined;
    const pods = new Set<string>();
    for (const { status, sandbox } of state?.service?.kept.containers.values() ?? []) {
      const { namespace, name } = sandbox.config.metadata;
      if (status.state === 'RUNNING') pods.add(`${namespace}/${name}`);
    }
    return [...pods].map((pod) => ({ runtime, pod }));
  });
}

function victim(kernel: Kernel, { pod }: Arguments, draw: Draw): Victim | undefined {
  const found = victims(kernel).filter((one) => pod === undefined || one.pod === pod || one.pod === `default/${String(pod)}`);
  return found.length === 0 ? undefined : found[draw('pod', found.length)];
}

function strike(kernel: Kernel, { runtime, pod }: Victim, { container }: Arguments, operation: object): void {
  tell(kernel, runtime, { kind: 'node.operation', pod, ...(container === undefined ? {} : { container }), ...operation } as unknown as Message);
}

/** The main process dies of a signal. */
export const containerCrash: FaultKind = {
  name: 'container-crash',
  what: 'the main process of a container dies of a segmentation fault (or of `signal`)',
  args: { ...ARGS, signal: 'SEGV, KILL, ABRT or TERM (SEGV)' },
  lasts: false,
  action: () => (kernel, args, draw) => {
    const found = victim(kernel, args, draw);
    if (found !== undefined) strike(kernel, found, args, { operation: 'signal', signal: args['signal'] ?? 'SEGV' });
  },
};

/** Killed by the kernel for its memory. */
export const containerOom: FaultKind = {
  name: 'container-oom',
  what: 'a container is killed because its memory is used up (OOMKilled)',
  args: ARGS,
  lasts: false,
  action: () => (kernel, args, draw) => {
    const found = victim(kernel, args, draw);
    if (found !== undefined) strike(kernel, found, args, { operation: 'oom' });
  },
};

/** It gets no processor. */
export const containerHang: FaultKind = {
  name: 'container-hang',
  what: 'the processes of a container stop for a while: nothing answers, nothing ends',
  args: ARGS,
  lasts: true,
  action: () => (kernel, args, draw) => {
    const found = victim(kernel, args, draw);
    if (found === undefined) return undefined;
    strike(kernel, found, args, { operation: 'freeze' });
    return () => strike(kernel, found, args, { operation: 'thaw' });
  },
};
