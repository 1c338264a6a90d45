/**
 * What an admission plugin is: it may change an object before it is prepared, or refuse a request.
 *
 * Some must wait (a live read, a webhook) and answer with a task; most answer at once. They see objects in storage form and must
 * return the same reference when they change nothing. Source: apiserver/pkg/admission/interfaces.go.
 */
import type { Either } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import type { Context, KindInfo } from '../registry/kind.ts';
import type { WebhookAnswer, WebhookCall } from '../../api/webhook.ts';
import type { Status } from '../status/status.ts';
import type { Decide } from './match/authorizer.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** A request as plugins see it. */
export interface Attributes {
  readonly operation: Operation;
  readonly info: KindInfo;
  /** `''` for the main resource. */
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** The object to be stored; undefined for DELETE. */
  readonly object: KubeObject | undefined;
  /** What is stored now; undefined for CREATE. */
  readonly old: KubeObject | undefined;
  readonly isDryRun: boolean;
  readonly context: Context;
  /** Collects texts for `Warning` headers. */
  readonly warn: (text: string) => void;
}

/** What a plugin answers: at once, or in a task. */
export type Said<T> = T | Task<T>;

export interface AdmissionPlugin {
  /** Upstream's name, as in `--enable-admission-plugins`. */
  readonly name: string;
  readonly handles: readonly Operation[];
  /** The resources that it looks at, as `group/resource`. Absent: all. */
  readonly resources?: readonly string[];
  /** Returns the object to go on with, or a refusal. */
  readonly mutate?: (attributes: Attributes, world: AdmissionWorld) => Said<Either<Status, KubeObject>>;
  /** Returns a refusal, or undefined. */
  readonly validate?: (attributes: Attributes, world: AdmissionWorld) => Said<Status | undefined>;
}

/** What plugins may use beside the context: live reads and writes of the store. */
export interface AdmissionWorld {
  /** The kinds that are served, by `group/resource`. */
  readonly kinds: ReadonlyMap<string, KindInfo>;
  /** Whether somebody may do something, by the server's authorization. */
  readonly authorizes: Decide;
  /** What was made of an object (expressions, compiled), made anew when the object has changed. */
  readonly compiled: <T>(object: KubeObject, make: () => T) => T;
  /** Calls a webhook; undefined when it did not answer in time. */
  readonly callWebhook: (call: WebhookCall) => Task<WebhookAnswer | undefined>;
  /** Reads an object from etcd, not from the cache. */
  readonly live: (info: KindInfo, namespace: string, name: string) => Task<KubeObject | undefined>;
  /** Changes an object by compare-and-swap; `change` returns undefined to give up. False: it gave up or the object is gone. */
  readonly change: (info: KindInfo, namespace: string, name: string, change: (current: KubeObject) => KubeObject | undefined) => Task<boolean>;
  /** Waits, in µs. */
  readonly sleep: (delay: number) => Task;
}

/** Whether a request is about a pod itself, not a subresource. */
export const isPod = ({ info, subresource }: Pick<Attributes, 'info' | 'subresource'>): boolean =>
  info.group === '' && info.resource === 'pods' && subresource === '';

/** The name in a denial. Mutating plugins run before names are generated, so what they show is the prefix. */
export function nameForErrors({ name, object, old }: Attributes): string {
  const metadata = object?.metadata ?? old?.metadata;
  return name || metadata?.name || metadata?.generateName || 'Unknown';
}
