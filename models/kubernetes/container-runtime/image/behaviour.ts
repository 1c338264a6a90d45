/**
 * Image behaviour that a scenario declares: when it is ready, what it answers, how it ends, what it uses.
 *
 * It becomes a program that runs instead of the image's own command. All fields are optional; the empty behaviour is a
 * process that runs until SIGTERM. Times in seconds, sizes in bytes.
 */
import type { HttpResponse } from '../../api/net.ts';
import type { System } from '../process/system.ts';
import type { Program, Run } from '../process/wait.ts';
import { serveHttp } from '../program/http.ts';

export interface ImageBehaviour {
  /** Image name without tag, or with: the longest match wins. */
  readonly image: string;
  /** Until the ports open. */
  readonly startSeconds?: number;
  readonly ports?: readonly number[];
  /** Path (prefix) to response; anything else is 200 with an empty body. `afterSeconds` switches to it later. */
  readonly responses?: readonly { readonly path: string; readonly status: number; readonly body?: string; readonly afterSeconds?: number }[];
  /** Ends by itself after this time. */
  readonly crashAfterSeconds?: number;
  readonly exitCode?: number;
  /** Status after SIGTERM; `null` ignores the signal. */
  readonly terminationExitCode?: number | null;
  readonly terminationSeconds?: number;
  readonly memoryBytes?: number;
  readonly memoryGrowthPerSecond?: number;
  readonly cpuMilli?: number;
  readonly log?: string;
}

/** Memory grows in steps of this length. */
const GROWTH_STEP_US = 1_000_000;

/** The program of a declared behaviour. */
export function behaviourProgram(behaviour: ImageBehaviour): Program {
  return function* (system) {
    const startedUs = system.nowUs;
    const ending = behaviour.terminationExitCode === undefined ? 0 : behaviour.terminationExitCode;
    system.onSignal('TERM', ending === null ? 'ignore' : 'catch');
    if (behaviour.cpuMilli !== undefined) system.useCpu(behaviour.cpuMilli);
    if (behaviour.memoryBytes !== undefined) system.useMemory(behaviour.memoryBytes);
    if (behaviour.startSeconds !== undefined && (yield* system.sleep(behaviour.startSeconds * 1e6)) !== undefined) return ending ?? 0;
    if (behaviour.log !== undefined) yield* system.write(1, `${behaviour.log}\n`);
    if ((behaviour.ports ?? []).length > 0) {
      system.spawn({ argv: system.argv, program: (child) => serveBehaviour(child, behaviour, startedUs) });
    }
    return yield* live(system, behaviour, startedUs, ending ?? 0);
  };
}

function* serveBehaviour(system: System, behaviour: ImageBehaviour, startedUs: number): Run {
  return yield* serveHttp(system, {
    ports: behaviour.ports ?? [],
    stop: {},
    handle: (request) => responseFor(behaviour, request.path, (system.nowUs - startedUs) / 1e6),
  });
}

function responseFor(behaviour: ImageBehaviour, path: string, seconds: number): HttpResponse {
  let found: HttpResponse | undefined;
  for (const response of behaviour.responses ?? []) {
    if (!path.startsWith(response.path) || seconds < (response.afterSeconds ?? 0)) continue;
    found = { status: response.status, body: response.body ?? '' };
  }
  return found ?? { status: 200, body: '' };
}

function* live(system: System, behaviour: ImageBehaviour, startedUs: number, ending: number): Run {
  const crashUs = behaviour.crashAfterSeconds === undefined ? undefined : startedUs + behaviour.crashAfterSeconds * 1e6;
  const growth = behaviour.memoryGrowthPerSecond ?? 0;
  for (;;) {
    if (crashUs !== undefined && system.nowUs >= crashUs) return behaviour.exitCode ?? 1;
    const step = growth > 0 ? GROWTH_STEP_US : undefined;
    const until = crashUs === undefined ? step : Math.min(crashUs - system.nowUs, step ?? crashUs - system.nowUs);
    if (until === undefined) yield* system.pause();
    const interrupted = until === undefined ? true : (yield* system.sleep(until)) !== undefined;
    if (interrupted) {
      if (behaviour.terminationSeconds !== undefined) yield* system.sleep(behaviour.terminationSeconds * 1e6);
      return ending;
    }
    if (growth > 0) {
      const seconds = (system.nowUs - startedUs) / 1e6;
      system.useMemory((behaviour.memoryBytes ?? 0) + Math.floor(growth * seconds));
    }
  }
}

/** The behaviour that a scenario declares for an image, if it does. */
export function behaviourFor(behaviours: readonly ImageBehaviour[], names: readonly string[]): ImageBehaviour | undefined {
  let best: ImageBehaviour | undefined;
  for (const behaviour of behaviours) {
    const isMatch = names.some((name) => name === behaviour.image || name.startsWith(`${behaviour.image}:`) || name.endsWith(`/${behaviour.image}`) || name.includes(`/${behaviour.image}:`));
    if (isMatch && behaviour.image.length > (best?.image.length ?? -1)) best = behaviour;
  }
  return best;
}
