/**
 * A controller as its author writes it: which objects it is for, what else it watches, and one function that brings the world closer to the spec.
 *
 * The vocabulary is controller-runtime's. A controller does not handle events: events only say that a request, the name of an object, is to be looked
 * at again, and equal requests that wait are one. `reconcile` is a generator: it writes `yield*` where Go code would block, and so stays deterministic.
 * Everything that it remembers between calls is lost in a crash. Source: sigs.k8s.io/controller-runtime/pkg/{reconcile,builder,handler,controller}.
 */
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Task } from '../client/process.ts';
import type { RateLimiter } from '../client/rate-limiter.ts';
import type { WallClock } from '../client/wall-clock.ts';
import type { KubeObject } from '../object/types.ts';
import type { Kind } from './kind.ts';
import type { Predicate } from './predicate.ts';
import type { ReconcileClient } from './reconcile-client.ts';

/** What is to be looked at: the name of an object of the controller's kind. It says nothing about what happened. */
export interface Request {
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

/** What a reconcile may use. Valid during the call. */
export interface ReconcileContext {
  /** Reads from the cache (which may be stale), writes to the API server. */
  readonly client: ReconcileClient;
  /** Tells people what happened, as Events. */
  readonly recorder: EventRecorder;
  /** Wall time of the simulated cluster. */
  readonly clock: WallClock;
  /** Draws an integer in [0, n): the only source of chance that replays. */
  choose(what: string, n: number): number;
  /** Writes a fact into the run's log. */
  log(message: string, data?: Readonly<Record<string, string | number | boolean>>): void;
}

/** What is to happen to the request. Nothing: it waits for the next event. */
export interface ReconcileResult {
  /** Look again after so many µs; earlier failures are forgotten. */
  readonly requeueAfter?: number;
  /** Look again, rate-limited as after a failure. */
  readonly requeue?: boolean;
}

/** Another kind whose changes concern the controller's objects. */
export interface Watch<T extends KubeObject = KubeObject> {
  readonly kind: Kind<T>;
  /** Which requests an object's change stands for (`handler.EnqueueRequestsFromMapFunc`). Called for the old and the new object of an update. */
  readonly map: (object: T, client: ReconcileClient) => readonly Request[];
  readonly predicate?: Predicate<T>;
}

export interface Controller<T extends KubeObject = KubeObject> {
  /** Names the loop in counters, events and the log. */
  readonly name: string;
  /** The kind whose objects it reconciles. */
  readonly for: Kind<T>;
  /** Which of their events count; default all. */
  readonly predicate?: Predicate<T>;
  /** Kinds that it makes: a change of an object stands for its controlling owner (`handler.EnqueueRequestForOwner`). */
  readonly owns?: readonly Kind[];
  readonly watches?: readonly AnyWatch[];
  /** Requests that are worked on at once, each at most once. Default 1. */
  readonly maxConcurrentReconciles?: number;
  /** How long a failed request waits. Default 5 ms doubling to 1000 s, and ten a second overall. Made anew at each start. */
  readonly rateLimiter?: (now: () => number) => RateLimiter;
  /**
   * Treats a programming error in `reconcile` as a failure that is tried again, as controller-runtime does. Default false: the run stops, with the stack.
   */
  readonly recoverPanic?: boolean;
  /**
   * Brings the world closer to what the object asks for. Called again and again, also without any change; must do nothing when nothing is to do.
   * Throw a `ReconcileError` (or let an `ApiError` pass) to be called again later, longer and longer apart.
   */
  reconcile(request: Request, context: ReconcileContext): Task<ReconcileResult | void>;
}

/** Controllers that share a process: one cache, one leader election. */
export interface Manager {
  /** The actor's id, and the name of its lease. */
  readonly name: string;
  readonly controllers: readonly AnyController[];
  /** Of several replicas only the holder of the lease works. Default false. */
  readonly leaderElection?: boolean;
  /** How many processes run; the second is `<name>-2`. Default 1. */
  readonly replicas?: number;
  /** Where the lease is. Default `default`. */
  readonly namespace?: string;
  /** Requests per second and burst of each controller's client. Default 20 and 30; 0 for no limit. */
  readonly qps?: number;
  readonly burst?: number;
}

/** Controllers and watches of different kinds in one list. */
export type AnyController = Controller<any>;
export type AnyWatch = Watch<any>;

/** A controller, with its type checked; by itself it gets a manager of its own. */
export const controller = <T extends KubeObject>(definition: Controller<T>): Controller<T> => definition;
/** A watch, with its type checked. */
export const watch = <T extends KubeObject>(definition: Watch<T>): AnyWatch => definition;
/** Several controllers in one process. */
export const manager = (definition: Manager): Manager => definition;

/** What a cluster accepts. */
export type ControllerOrManager = AnyController | Manager;

/** A manager for each; controllers by themselves get one of their own name. */
export const managerOf = (definition: ControllerOrManager): Manager => ('controllers' in definition ? definition : { name: definition.name, controllers: [definition] });

