/**
 * A request on its way through the server: what it addresses, in which version, and the world that its handlers may use.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { ApiRequest } from '../../api/message.ts';
import type { KubeObject } from '../../object/types.ts';
import { rfc3339, rfc3339Micro } from '../../object/time.ts';
import { parseFieldSelector, exactFieldMatch, fieldSelectorMatches } from '../../object/field-selector.ts';
import { parseSelector, selectorMatches } from '../../object/selector.ts';
import { groupVersionText, type Context, type KindInfo, type ServedVersion } from '../registry/kind.ts';
import { badRequest, type Status } from '../status/status.ts';
import type { Process } from '../../client/process.ts';
import type { StorageRegistry } from '../storage/registry.ts';
import type { WebhookClient } from './webhook-client.ts';

/** What all handlers share. */
export interface ServerWorld {
  readonly process: Process;
  readonly storage: StorageRegistry;
  /** The cluster's epoch in ms: wall time is epoch plus virtual time. */
  readonly epoch: number;
  readonly webhooks: WebhookClient;
}

/** A request whose resource is known. */
export interface Call {
  readonly world: ServerWorld;
  readonly request: ApiRequest;
  readonly info: KindInfo;
  readonly version: ServedVersion;
  /** Texts of `Warning` headers that were collected on the way. */
  readonly warnings: string[];
}

/** A handler's answer. */
export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly warnings?: readonly string[];
  /** Of an answer that a program in the cluster gave: its headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const failed = (status: Status, warnings?: readonly string[]): Answer => ({
  code: status.code,
  body: status,
  ...(warnings === undefined || warnings.length === 0 ? {} : { warnings }),
});

/** The key below `/registry/`, with the slashes. */
export function storageKey(info: KindInfo, namespace: string | undefined, name: string): string {
  return `/registry/${info.keyPrefix}/${info.namespaced ? `${namespace ?? ''}/` : ''}${name}`;
}

/** What strategies and plugins may know, at this moment. */
export function contextOf(call: Call): Context {
  return new CallContext(call);
}

/** Made for every stage of every request, so what few stages ask for is computed when they do. */
class CallContext implements Context {
  readonly lookup: StorageRegistry;
  private readonly call: Call;
  private readonly at: number;

  constructor(call: Call) {
    this.call = call;
    this.lookup = call.world.storage;
    this.at = call.world.process.now;
  }

  get now(): string {
    return rfc3339(this.call.world.epoch, this.at);
  }

  get nowMicro(): string {
    return rfc3339Micro(this.call.world.epoch, this.at);
  }

  get user(): Context['user'] {
    return this.call.request.user;
  }

  get namespace(): string {
    return this.call.request.namespace ?? '';
  }

  get dryRun(): boolean {
    return this.call.request.query?.['dryRun'] === 'All';
  }

  get subresource(): string {
    return this.call.request.subresource ?? '';
  }

  get requestVersion(): string {
    return groupVersionText(this.call.info.group, this.call.version.version);
  }

  choose(purpose: string, n: number): number {
    return this.call.world.process.choose(purpose, n);
  }

  warn(text: string): void {
    this.call.warnings.push(text);
  }
}

/** The selectors of a list or watch, compiled. */
export interface Selection {
  readonly matches: (object: KubeObject) => boolean;
  /** Whether anything is selected at all. */
  readonly isEverything: boolean;
  /** The value that the selector demands of a field, if it demands one. */
  readonly exact: (field: string) => string | undefined;
}

/** Compiles `labelSelector` and `fieldSelector`, or says with a 400 what is wrong with them. */
export function selectionOf(call: Call): Either<Status, Selection> {
  const { request, info } = call;
  const known = call.version.fieldLabels ?? info.fieldLabels;
  const labels = parseSelector(request.query?.['labelSelector'] ?? '');
  if (isLeft(labels)) return left(badRequest(labels.left));
  const fields = parseFieldSelector(request.query?.['fieldSelector'] ?? '');
  if (isLeft(fields)) return left(badRequest(fields.left));
  for (const { field } of fields.right) {
    const isMetadata = field === 'metadata.name' || (field === 'metadata.namespace' && info.fieldLabels[0] !== 'metadata.name');
    if (!isMetadata && !known.includes(field)) return left(badRequest(info.unknownField(field)));
  }
  const labelled = labels.right;
  const selected = fields.right;
  const name = exactFieldMatch(selected, 'metadata.name');
  if (request.name !== undefined && name !== undefined && name !== request.name) {
    return left(badRequest("fieldSelector metadata.name doesn't match requested name"));
  }
  const hasLabels = labelled.requirements.length > 0 || !labelled.selectable;
  const hasFields = selected.length > 0;
  return right({
    isEverything: !hasLabels && !hasFields,
    exact: (field) => exactFieldMatch(selected, field),
    matches: (object) =>
      (!hasLabels || selectorMatches(labelled, object.metadata.labels)) &&
      (!hasFields || fieldSelectorMatches(selected, fieldsOf(info, object))),
  });
}

function fieldsOf(info: KindInfo, object: KubeObject): (field: string) => string {
  let own: Readonly<Record<string, string>> | undefined;
  return (field) => {
    if (field === 'metadata.name') return object.metadata.name;
    if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
    own ??= info.selectableFields(object);
    return own[field] ?? '';
  };
}
