/**
 * What kube-controller-manager gives to each of its control loops: one process, one shared informer factory, and for each loop
 * a client of its own name with its own rate limit, an event recorder, and a place for its counters.
 *
 * Source: cmd/kube-controller-manager/app/controllermanager.go (ControllerContext), controller-manager/pkg/clientbuilder.
 */
import { serviceAccountUser } from '../api/service-account.ts';
import type { Client } from '../client/client.ts';
import { ControlLoop, countersOf, type ControlLoopOptions, type LoopCounters } from '../client/control-loop.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import type { Process, Task } from '../client/process.ts';
import { waitForCacheSync, type SharedInformerFactory } from '../client/shared-informer.ts';
import { WallClock } from '../client/wall-clock.ts';
import type { ControllerManagerOptions } from './options.ts';

export class ControllerContext {
  readonly process: Process;
  readonly factory: SharedInformerFactory;
  readonly clock: WallClock;
  readonly options: ControllerManagerOptions;
  private readonly binary: string;
  private readonly rootClient: Client;
  private readonly loops: ControlLoop[] = [];

  /** `binary`: the first part of its clients' user agents. */
  constructor(process: Process, rootClient: Client, factory: SharedInformerFactory, options: ControllerManagerOptions, binary = 'kube-controller-manager') {
    this.binary = binary;
    this.process = process;
    this.rootClient = rootClient;
    this.factory = factory;
    this.options = options;
    this.clock = new WallClock(process, options.epoch);
  }

  /** A client for one loop. Factors multiply the default limits of 20 qps and burst 30. */
  client(name: string, qpsFactor = 1, burstFactor = 1): Client {
    const { qps = 20, burst = 30, useServiceAccountCredentials = false } = this.options;
    return this.rootClient.named({
      userAgent: `${this.binary}/${name}`,
      qps: qps * qpsFactor,
      burst: burst * burstFactor,
      ...(useServiceAccountCredentials ? { user: serviceAccountUser('kube-system', name) } : {}),
    });
  }

  /** An event recorder that sends through the loop's own client, as upstream's do. */
  recorder(client: Client, component: string): EventRecorder {
    return new EventRecorder(this.process, client, { component, epoch: this.options.epoch });
  }

  /** A control loop whose workers start when the informers have synced. */
  loop(options: ControlLoopOptions, informers: readonly { hasSynced(): boolean }[]): ControlLoop {
    const loop = new ControlLoop(this.process, options);
    this.loops.push(loop);
    this.whenSynced(informers, () => loop.run());
    return loop;
  }

  /** Calls `run` once these informers have synced. */
  whenSynced(informers: readonly { hasSynced(): boolean }[], run: () => void): void {
    this.process.go(this.runWhenSynced(informers, run));
  }

  /** Calls `work` every `period` µs, the first time at once, each time after the previous call has ended (`wait.Until`). */
  every(name: string, period: number, work: () => Task): void {
    this.process.go(this.repeat(name, period, work));
  }

  /** Has a loop whose only key is `pass` go over everything every `period` µs, from when these informers have synced. */
  passEvery(name: string, period: number, { queue }: ControlLoop, informers: readonly { hasSynced(): boolean }[]): void {
    this.whenSynced(informers, () => this.every(name, period, () => askForPass(queue)));
  }

  private *runWhenSynced(informers: readonly { hasSynced(): boolean }[], run: () => void): Task {
    yield* waitForCacheSync(this.process, informers);
    run();
  }

  private *repeat(name: string, period: number, work: () => Task): Task {
    for (;;) {
      yield* work();
      yield* this.process.sleep(name, period);
    }
  }

  /** The counters of all loops by name. */
  counters(): Readonly<Record<string, LoopCounters>> {
    return countersOf(this.loops);
  }

  /** Whether no loop has anything to do or to wait for in its queue. */
  get isIdle(): boolean {
    return this.loops.every((loop) => loop.queue.isIdle);
  }
}

function* askForPass(queue: ControlLoop['queue']): Task {
  queue.add('pass');
}
