/**
 * Random pods, random behaviours of their containers, and random misfortunes of their node.
 *
 * Every container notes each of its starts in the shared volume and looks whether its own layer is clean; how it goes on is drawn.
 */
import fc from 'fast-check';
import type { Pod } from '../../../models/kubernetes/object/types.ts';

/** What every container does first: its own layer must be as the image has it, the volume as the pod left it. */
const PROLOGUE = 'test -e /mark && echo "$NAME" >> /data/dirty; echo 1 > /mark; echo "$NAME" >> /data/starts; ';

/** How a main container goes on, by name. `n` counts the starts of this container. */
const BEHAVIOURS: Readonly<Record<string, string>> = {
  steady: 'while true; do sleep 1; done',
  // Fails twice, then stays.
  flaky: 'n=$(grep -c "^$NAME$" /data/starts); [ $n -le 2 ] && sleep 1 && exit 3; sleep infinity',
  quick: 'sleep 2; exit 0',
  failing: 'sleep 1; exit 1',
  stubborn: "trap '' TERM; while true; do sleep 1; done",
  polite: "trap 'sleep 1; exit 0' TERM; while true; do sleep 1; done",
};

export interface PodPlan {
  readonly at: number;
  readonly main: readonly string[];
  readonly init: number;
  readonly sidecar: boolean;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  readonly grace: number;
  readonly cpu: string;
  readonly readiness: boolean;
  /** Seconds after which it is deleted; beyond the run: never. */
  readonly deleteAt: number;
}

export type Misfortune = { readonly at: number } & (
  | { readonly kind: 'kubelet'; readonly for: number }
  | { readonly kind: 'reboot'; readonly for: number }
  | { readonly kind: 'stall'; readonly for: number }
  | { readonly kind: 'sandbox' | 'kill' | 'oom'; readonly pod: number }
);

const seconds = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min: min * 10, max: max * 10 }).map((tenths) => tenths / 10);

const podPlan: fc.Arbitrary<PodPlan> = fc.record({
  at: seconds(0, 20),
  main: fc.array(fc.constantFrom(...Object.keys(BEHAVIOURS)), { minLength: 1, maxLength: 2 }),
  init: fc.integer({ min: 0, max: 2 }),
  sidecar: fc.boolean(),
  restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
  grace: fc.constantFrom(1, 3, 8),
  cpu: fc.constantFrom('100m', '700m', '1500m'),
  readiness: fc.boolean(),
  deleteAt: fc.oneof(seconds(5, 70), fc.constant(1000)),
});

const misfortune = (hasNodeFaults: boolean): fc.Arbitrary<Misfortune> => {
  const pod = fc.nat({ max: 3 });
  const at = seconds(3, 60);
  const onPods = fc.record({ at, kind: fc.constantFrom('sandbox' as const, 'kill' as const, 'oom' as const), pod });
  const onNode = fc.record({ at, kind: fc.constantFrom('kubelet' as const, 'reboot' as const, 'stall' as const), for: seconds(1, 12) });
  return hasNodeFaults ? fc.oneof(onPods, onNode) : onPods;
};

export interface Plan {
  readonly seed: string;
  readonly pods: readonly PodPlan[];
  readonly misfortunes: readonly Misfortune[];
}

export const plan = (options: { readonly most: number; readonly nodeFaults: boolean }): fc.Arbitrary<Plan> =>
  fc.record({
    seed: fc.nat({ max: 1_000_000 }).map(String),
    pods: fc.array(podPlan, { minLength: 1, maxLength: 4 }),
    misfortunes: fc.array(misfortune(options.nodeFaults), { maxLength: options.most }),
  });

/** The pod of a plan, bound to the one node. */
export function podOf(planned: PodPlan, index: number): Pod {
  const volumeMounts = [{ name: 'data', mountPath: '/data' }];
  const container = (name: string, script: string): object => ({
    name, image: 'busybox:1.36', command: ['sh', '-c', PROLOGUE + script], env: [{ name: 'NAME', value: name }], volumeMounts,
  });
  const init = Array.from({ length: planned.init }, (_, at) => container(`init-${at}`, 'sleep 0.5; exit 0'));
  const sidecar = planned.sidecar ? [{ ...container('sidecar', "trap 'exit 0' TERM; httpd -f -p 8080 -h /data & wait"), restartPolicy: 'Always' }] : [];
  const main = planned.main.map((behaviour, at) => ({
    ...container(`main-${at}`, BEHAVIOURS[behaviour] ?? ''),
    resources: { requests: { cpu: planned.cpu } },
    ...(planned.readiness ? { readinessProbe: { exec: { command: ['test', '-e', '/mark'] }, periodSeconds: 1 } } : {}),
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${index}` },
    spec: {
      nodeName: 'node-1',
      restartPolicy: planned.restartPolicy,
      terminationGracePeriodSeconds: planned.grace,
      // Sidecars in front, so that init containers run beside them.
      ...(sidecar.length + init.length === 0 ? {} : { initContainers: [...sidecar, ...init] }),
      containers: main,
      volumes: [{ name: 'data', emptyDir: {} }],
      tolerations: [{ operator: 'Exists' }],
    },
  } as unknown as Pod;
}
