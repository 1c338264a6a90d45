/**
 * The order that Kubernetes gives to parts of endpoints: by the MD5 of their dump, so that equal sets look alike.
 *
 * Source: staging/src/k8s.io/endpointslice/util/controller_utils.go (portsInOrder), pkg/api/v1/endpoints/util.go (SortSubsets).
 */
import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { goDump } from './dump.ts';

/** A sorted copy of values of one Go type. */
export function sortedByHash<T>(type: string, values: readonly T[]): T[] {
  if (values.length < 2) return [...values];
  const hashed = values.map((value) => ({ value, hash: bytesToHex(md5(utf8ToBytes(goDump(type, value)))) }));
  return hashed.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0)).map(({ value }) => value);
}
