/**
 * Events of events.k8s.io are core events under other field names: the conversions between the two.
 * Source: pkg/apis/events/v1/conversion.go; core events are what is stored.
 */
import type { KubeObject } from '../../object/types.ts';

/** Field of events.k8s.io/v1 and the core field that holds it. */
const FIELDS: readonly (readonly [modern: string, core: string])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

const NO_SOURCE = Object.freeze({});

/** To the stored form. */
export const eventToCore = (event: KubeObject): KubeObject =>
  renamed(event, TO_CORE, 'v1', { source: NO_SOURCE, firstTimestamp: null, lastTimestamp: null });

/** From the stored form. */
export const eventFromCore = (event: KubeObject): KubeObject =>
  renamed(event, FROM_CORE, 'events.k8s.io/v1', {});

const TO_CORE: ReadonlyMap<string, string> = new Map(FIELDS);
const FROM_CORE: ReadonlyMap<string, string> = new Map(FIELDS.map(([modern, core]) => [core, modern]));

/** Adds the fields of an event to `out`, under their other names. */
function renamed(event: KubeObject, names: ReadonlyMap<string, string>, apiVersion: string, out: Record<string, unknown>): KubeObject {
  for (const field of Object.keys(event)) out[names.get(field) ?? field] = event[field];
  out['apiVersion'] = apiVersion;
  return out as unknown as KubeObject;
}
