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

/** To the stored form. */
export function eventToCore(event: KubeObject): KubeObject {
  const core = renamed(event, FIELDS, 'v1');
  return { source: {}, firstTimestamp: null, lastTimestamp: null, ...core };
}

/** From the stored form. */
export const eventFromCore = (event: KubeObject): KubeObject =>
  renamed(event, FIELDS.map(([modern, core]) => [core, modern] as const), 'events.k8s.io/v1');

function renamed(event: KubeObject, fields: readonly (readonly [from: string, to: string])[], apiVersion: string): KubeObject {
  const names = new Map(fields);
  const entries = Object.entries(event).map(([field, value]) => [names.get(field) ?? field, value] as const);
  return { ...Object.fromEntries(entries), apiVersion } as KubeObject;
}
