/**
 * Recordings of a cluster: NDJSON, one object a line, as the oracle's README describes them.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { KubeObject } from '../../models/kubernetes/object/types.ts';

export interface HeaderLine {
  readonly rec: 'header';
  readonly scenario: string;
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

/** Reads a recording, gzipped or not. */
export function readRecording(path: string): Line[] {
  const bytes = readFileSync(path);
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8');
  return text.trim().split('\n').map((line) => JSON.parse(line) as Line);
}
