/**
 * Expectations: what a controller has asked for and has not yet seen in its cache.
 *
 * While they are unfulfilled the controller neither creates nor deletes, so a lagging cache cannot make it act twice. Counts
 * may go negative; after 5 minutes they are void, because an event may have been lost for good.
 * Source: pkg/controller/controller_utils.go (ControllerExpectations, UIDTrackingControllerExpectations).
 */
import type { Process } from './process.ts';

/** controller_utils.go: ExpectationsTimeout. */
export const EXPECTATIONS_TIMEOUT = 5 * 60 * 1_000_000;

interface Expectee {
  add: number;
  del: number;
  readonly at: number;
}

export class ControllerExpectations {
  private readonly process: Process;
  private readonly expectees = new Map<string, Expectee>();

  constructor(process: Process) {
    this.process = process;
  }

  /** Whether the controller may create and delete. */
  satisfied(controllerKey: string): boolean {
    const expectee = this.expectees.get(controllerKey);
    if (expectee === undefined || (expectee.add <= 0 && expectee.del <= 0)) return true;
    return this.process.now - expectee.at > EXPECTATIONS_TIMEOUT;
  }

  /** Replaces both counters and the time. */
  set(controllerKey: string, add: number, del: number): void {
    this.expectees.set(controllerKey, { add, del, at: this.process.now });
  }

  expectCreations(controllerKey: string, adds: number): void {
    this.set(controllerKey, adds, 0);
  }

  expectDeletions(controllerKey: string, dels: number): void {
    this.set(controllerKey, 0, dels);
  }

  raise(controllerKey: string, add: number, del: number): void {
    this.lower(controllerKey, -add, -del);
  }

  lower(controllerKey: string, add: number, del: number): void {
    const expectee = this.expectees.get(controllerKey);
    if (expectee === undefined) return;
    expectee.add -= add;
    expectee.del -= del;
  }

  creationObserved(controllerKey: string): void {
    this.lower(controllerKey, 1, 0);
  }

  deletionObserved(controllerKey: string): void {
    this.lower(controllerKey, 0, 1);
  }

  /** Forgets the controller: it was deleted. */
  delete(controllerKey: string): void {
    this.expectees.delete(controllerKey);
  }

  /** The open counts, undefined when nothing was expected yet. */
  get(controllerKey: string): { readonly add: number; readonly del: number } | undefined {
    return this.expectees.get(controllerKey);
  }
}

/** Expectations whose deletions are known by key, so that two signs of one deletion count once. */
export class UidTrackingExpectations extends ControllerExpectations {
  private readonly keys = new Map<string, Set<string>>();

  /** The keys whose deletion is awaited. */
  pending(controllerKey: string): ReadonlySet<string> | undefined {
    return this.keys.get(controllerKey);
  }

  expectDeletionsOf(controllerKey: string, deletedKeys: readonly string[]): void {
    this.expectDeletions(controllerKey, deletedKeys.length);
    this.keys.set(controllerKey, new Set(deletedKeys));
  }

  deletionObservedOf(controllerKey: string, deletedKey: string): void {
    if (this.keys.get(controllerKey)?.delete(deletedKey) === true) this.deletionObserved(controllerKey);
  }

  override delete(controllerKey: string): void {
    super.delete(controllerKey);
    this.keys.delete(controllerKey);
  }
}
