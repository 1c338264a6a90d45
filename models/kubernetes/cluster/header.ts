/**
 * What a cluster's log says about itself: the model's name and version, and the configuration.
 */
import type { Json } from '../../../src/index.ts';
import { canonical } from '../../../src/log/canonical.ts';
import { makeHeader, type LogHeader } from '../../../src/log/header.ts';
import type { Level } from '../../../src/log/record.ts';
import type { ClusterConfig } from './config.ts';

export const MODEL = 'kubernetes';
/** Changes when a run of the same configuration may differ from what the version before did. */
export const FINGERPRINT = 'kubernetes-1.32/0.1.0';

/** The header of a cluster's log. Seed `1` and level `facts` unless others are given. */
export function clusterHeader(config: ClusterConfig, { seed = '1', level = 'facts', runtime = {} }: { readonly seed?: string; readonly level?: Level; readonly runtime?: LogHeader['runtime'] } = {}): LogHeader {
  return makeHeader({ model: { name: MODEL, fingerprint: FINGERPRINT }, config: configJson(config), seed, level, runtime });
}

/**
 * A configuration as a log's header gives it back: members of objects in canonical order. A run that is logged begins with this form,
 * since the order of members can show (in the order of edits, say), and a replay has no other.
 */
export const asLogged = (config: ClusterConfig): ClusterConfig => JSON.parse(canonical(configJson(config))) as ClusterConfig;

/** A configuration as JSON for the header. */
export const configJson = (config: ClusterConfig): Json => config as unknown as Json;
