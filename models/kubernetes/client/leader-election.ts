/**
 * Leader election through a Lease: of several candidates one acts, and another takes over when it falls silent.
 *
 * A candidate never compares its clock with another's: it measures how long the record has stayed the same, by its own clock.
 * The leader stops acting when it could not renew for the renew deadline, which is shorter than the lease. What upstream does
 * not prevent is not prevented here: writes that the old leader has under way may still land.
 * Source: client-go/tools/leaderelection/leaderelection.go, resourcelock/leaselock.go.
 */
import { rfc3339Micro } from '../object/time.ts';
import type { KubeObject } from '../object/types.ts';
import { jittered } from './backoff.ts';
import type { Client } from './client.ts';
import type { EventRecorder } from './event-recorder.ts';
import type { Process, Task } from './process.ts';
import { LEASES } from './resources.ts';
import { isNotFound } from './result.ts';

/** component-base/config/v1alpha1/defaults.go, leaderelection.go (JitterFactor). All µs. */
export const LEADER_ELECTION_DEFAULTS = Object.freeze({ leaseDuration: 15_000_000, renewDeadline: 10_000_000, retryPeriod: 2_000_000 });
const JITTER_FACTOR = 1.2;

export interface LeaderElectionOptions {
  readonly namespace: string;
  readonly name: string;
  /** Distinguishes the candidates; upstream `<hostname>_<uuid>`. */
  readonly identity: string;
  readonly epoch: number;
  readonly leaseDuration?: number;
  readonly renewDeadline?: number;
  readonly retryPeriod?: number;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

type Lease = KubeObject & { readonly spec: LeaseSpec };

export class LeaderElector {
  private readonly process: Process;
  private readonly client: Client;
  private readonly options: Required<LeaderElectionOptions>;
  private readonly recorder: EventRecorder | undefined;
  private observed: Lease | undefined;
  private observedAt = 0;

  constructor(process: Process, client: Client, options: LeaderElectionOptions, recorder?: EventRecorder) {
    this.process = process;
    this.options = { ...LEADER_ELECTION_DEFAULTS, ...options };
    // resourcelock/interface.go, NewFromKubeconfig: a call gets half the deadline, so that one that hangs can be tried again.
    this.client = client.named({ timeout: Math.max(1_000_000, this.options.renewDeadline / 2) });
    this.recorder = recorder;
  }

  get isLeader(): boolean {
    return this.observed?.spec.holderIdentity === this.options.identity;
  }

  /** Waits to become leader, calls `onStarted`, renews; returns when leadership is lost. */
  *run(onStarted: () => void): Task {
    yield* this.acquire();
    onStarted();
    yield* this.renew();
    this.say('stopped leading');
  }

  /** Leads as long as it may; then the process ends, as upstream's do, and its supervisor starts it again after `restartDelay` µs. */
  *lead(onStarted: () => void, restartDelay: number): Task {
    yield* this.run(onStarted);
    this.process.exit(restartDelay);
  }

  private *acquire(): Task {
    while (!(yield* this.tryAcquireOrRenew())) {
      yield* this.process.sleep('leader.acquire', jittered(this.process, 'leader', this.options.retryPeriod, JITTER_FACTOR));
    }
    this.say('became leader');
  }

  private *renew(): Task {
    const { renewDeadline, retryPeriod } = this.options;
    for (;;) {
      const deadline = this.process.now + renewDeadline;
      while (!(yield* this.process.within('leader.timeout', deadline - this.process.now, this.tryAcquireOrRenew()))) {
        if (this.process.now + retryPeriod > deadline) {
          yield* this.process.sleep('leader.deadline', Math.max(0, deadline - this.process.now));
          return;
        }
        yield* this.process.sleep('leader.renew', retryPeriod);
      }
      yield* this.process.sleep('leader.renew', retryPeriod);
    }
  }

  private *tryAcquireOrRenew(): Task<boolean> {
    const { identity, namespace, name } = this.options;
    if (this.isLeader && this.isValid(this.observed as Lease)) {
      if (yield* this.write(this.observed as Lease)) return true;
    }
    const found = yield* this.client.get<Lease>(LEASES, namespace, name);
    if (isNotFound(found)) return yield* this.createLease();
    if (!found.ok) return false;
    const lease = found.object;
    if (!isSameRecord(lease.spec, this.observed?.spec)) this.observe(lease);
    else this.observed = lease;
    const { holderIdentity } = lease.spec;
    if (holderIdentity && holderIdentity !== identity && this.isValid(lease)) return false;
    return yield* this.write(lease);
  }

  private *createLease(): Task<boolean> {
    const { namespace, name } = this.options;
    const now = this.time();
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace },
      spec: this.record(now, now, 0),
    };
    const created = yield* this.client.create<Lease>(LEASES, namespace, body);
    if (created.ok) this.observe(created.object);
    return created.ok;
  }

  private *write(lease: Lease): Task<boolean> {
    const { acquireTime, leaseTransitions = 0, holderIdentity } = lease.spec;
    const now = this.time();
    const isOurs = holderIdentity === this.options.identity;
    const spec = this.record(isOurs ? (acquireTime ?? now) : now, now, isOurs ? leaseTransitions : leaseTransitions + 1);
    const updated = yield* this.client.update<Lease>(LEASES, { ...lease, spec });
    if (updated.ok) this.observe(updated.object);
    return updated.ok;
  }

  private record(acquireTime: string, renewTime: string, leaseTransitions: number): LeaseSpec {
    const { identity, leaseDuration } = this.options;
    return { holderIdentity: identity, leaseDurationSeconds: Math.floor(leaseDuration / 1_000_000), acquireTime, renewTime, leaseTransitions };
  }

  private observe(lease: Lease): void {
    this.observed = lease;
    this.observedAt = this.process.now;
  }

  private isValid(lease: Lease): boolean {
    return this.observedAt + (lease.spec.leaseDurationSeconds ?? 0) * 1_000_000 > this.process.now;
  }

  private time(): string {
    return rfc3339Micro(this.options.epoch, this.process.now);
  }

  private say(what: string): void {
    const { identity, namespace, name } = this.options;
    this.process.record('leader', { lease: `${namespace}/${name}`, identity, what });
    if (this.observed !== undefined) this.recorder?.event(this.observed, 'Normal', 'LeaderElection', `${identity} ${what}`);
  }
}

/** Whether two records are equal; their times count with the resolution of a second. */
function isSameRecord(a: LeaseSpec, b: LeaseSpec | undefined): boolean {
  return (
    b !== undefined &&
    a.holderIdentity === b.holderIdentity &&
    a.leaseDurationSeconds === b.leaseDurationSeconds &&
    a.leaseTransitions === b.leaseTransitions &&
    a.acquireTime?.slice(0, 19) === b.acquireTime?.slice(0, 19) &&
    a.renewTime?.slice(0, 19) === b.renewTime?.slice(0, 19)
  );
}
