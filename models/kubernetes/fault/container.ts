/**
 * Faults of containers: their process dies, they are killed for memory, they hang; and of their pod's sandbox.
 */
import type { Kernel } from '../../../src/index.ts';
import { podsOfRunning } from '../container-runtime/inspect.ts';
import { operate } from './connection.ts';
import { actorsOf, type Arguments, type Draw, type FaultKind } from './kind.ts';

const ARGS = { pod: 'namespace/name of a pod (drawn among those with running containers)', container: 'the name of one of its containers (all)' };

/** A pod with running containers, and the runtime that has it. */
interface Victim {
  readonly runtime: string;
  readonly pod: string;
}

function victims(kernel: Kernel): readonly Victim[] {
  return actorsOf(kernel, 'container-runtime').flatMap((runtime) => {
    const pods = new Set(podsOfRunning(kernel.state(runtime)).map(({ namespace, name }) => `${namespace}/${name}`));
    return [...pods].map((pod) => ({ runtime, pod }));
  });
}

function victim(kernel: Kernel, { pod }: Arguments, draw: Draw): Victim | undefined {
  const found = victims(kernel).filter((one) => pod === undefined || one.pod === pod || one.pod === `default/${String(pod)}`);
  return found.length === 0 ? undefined : found[draw('pod', found.length)];
}

function strike(kernel: Kernel, { runtime, pod }: Victim, { container }: Arguments, operation: object): void {
  operate(kernel, runtime, { pod, ...(container === undefined ? {} : { container }), ...operation });
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
