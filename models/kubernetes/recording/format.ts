/**
 * Recordings of a cluster: what was asked of it and what a watcher saw. NDJSON, one object a line, times in ms since the start.
 *
 * A header; all objects at the start; requests, watch events and faults in the order of time; all objects at the end. `managedFields`
 * and Leases are left out. The format is described in `docs/recordings.md`.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../object/types.ts';

/** `images` were present on every node. */
export interface HeaderLine {
  readonly rec: 'header';
  readonly scenario: string;
  readonly kubernetes?: string;
  readonly seconds: number;
  readonly images?: readonly string[];
}

export interface InitialLine {
  readonly rec: 'initial';
  readonly objects: readonly KubeObject[];
}

/** A request that was sent; `t` is in virtual ms since the scenario's start. */
export interface RequestLine {
  readonly t: number;
  readonly rec: 'request';
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body?: unknown;
  readonly status?: number;
  readonly response?: unknown;
}

export interface FaultLine {
  readonly t: number;
  readonly rec: 'fault';
  readonly fault: 'kubelet-stop' | 'kubelet-start';
  readonly node: string;
}

export interface WatchLine {
  readonly t: number;
  readonly rec: 'watch';
  readonly type: string;
  readonly object: KubeObject;
}

export interface FinalLine {
  readonly t: number;
  readonly rec: 'final';
  readonly objects: readonly KubeObject[];
}

export type Line = HeaderLine | InitialLine | RequestLine | FaultLine | WatchLine | FinalLine;

/** The lines of a recording's text, or what is wrong with it and in which line. */
export function parseRecording(text: string): Either<string, Line[]> {
  const lines: Line[] = [];
  for (const [i, line] of text.trim().split('\n').entries()) {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return left(`line ${i + 1} is no JSON`);
    }
    const rec = (value as { rec?: unknown } | null)?.rec;
    if (!RECORDS.includes(rec as Line['rec'])) return left(`line ${i + 1}: "rec" must be one of ${RECORDS.join(', ')}`);
    lines.push(value as Line);
  }
  return lines[0]?.rec === 'header' ? right(lines) : left('the first line must be the header');
}

const RECORDS: readonly Line['rec'][] = ['header', 'initial', 'request', 'fault', 'watch', 'final'];

/** A recording as text. */
export const recordingText = (lines: readonly Line[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** The collections that a recorder lists and watches, in its order. */
export const COLLECTIONS: readonly string[] = [
  '/api/v1/namespaces', '/api/v1/nodes', '/api/v1/pods', '/api/v1/services', '/api/v1/endpoints', '/api/v1/configmaps',
  '/api/v1/secrets', '/api/v1/serviceaccounts', '/api/v1/events', '/api/v1/resourcequotas', '/api/v1/limitranges',
  '/api/v1/replicationcontrollers', '/api/v1/persistentvolumes', '/api/v1/persistentvolumeclaims', '/apis/apps/v1/deployments',
  '/apis/apps/v1/replicasets', '/apis/apps/v1/statefulsets', '/apis/apps/v1/daemonsets', '/apis/apps/v1/controllerrevisions',
  '/apis/batch/v1/jobs', '/apis/batch/v1/cronjobs', '/apis/policy/v1/poddisruptionbudgets',
  '/apis/discovery.k8s.io/v1/endpointslices', '/apis/scheduling.k8s.io/v1/priorityclasses',
];

/** A list as the API answers it. */
export interface ObjectList {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly KubeObject[];
}

/** The items of a list as objects of their own, without managed fields. */
export const itemsOf = ({ apiVersion, kind, items }: ObjectList): KubeObject[] =>
  items.map((item) => withoutManagedFields({ ...item, apiVersion, kind: kind.replace(/List$/, '') }));

/** An object as recordings hold it. */
export function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _fields, ...metadata } = object.metadata ?? {};
  return { ...object, metadata: metadata as KubeObject['metadata'] };
}
