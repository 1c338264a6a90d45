/**
 * `storageVersionHash` of a resource: eight bytes that tell clients whether the stored version changed.
 * Upstream: apiserver/pkg/endpoints/discovery/storageversionhash.go.
 */
import { base64 } from '../../object/base64.ts';
import { sha256 } from '../../object/hash.ts';

/** The hash of `group/version/kind`. */
export const hash64 = (groupVersionKind: string): string => base64(sha256(groupVersionKind).slice(0, 8));
