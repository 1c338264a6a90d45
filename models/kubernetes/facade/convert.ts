/**
 * Turning plain answers into the form that the client asked for: Table or metadata only.
 *
 * The API server always answers with objects; the forms are derived from them here, at the edge, so that nothing inside
 * the simulation depends on how a client wants to see things.
 */
import type { WatchEvent } from '../api/message.ts';
import { groupVersionText } from '../api-server/registry/kind.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import { badRequest, isStatus } from '../api-server/status/status.ts';
import { isList, partialObject, printerOf, toPartialList, toTable } from '../api-server/table/table.ts';
import type { IncludeObject } from '../api-server/table/table.ts';
import type { Query } from '../api/message.ts';
import type { KubeObject } from '../object/types.ts';
import type { Form } from './accept.ts';
import type { Encoder } from './encoding.ts';

/** Everything a conversion depends on. */
export interface Conversion {
  readonly form: Form;
  readonly info: KindInfo;
  readonly version: string;
  readonly query: Query;
  /** Microseconds since 1970. */
  readonly now: () => number;
}

const INCLUDE: readonly IncludeObject[] = ['None', 'Metadata', 'Object'];

const includeOf = (query: Query): IncludeObject | undefined => {
  const asked = query['includeObject'] || 'Metadata';
  return INCLUDE.find((value) => value === asked);
};

/** The answer in the form that was asked for. Statuses stay as they are. */
export function convertBody(body: unknown, { form, info, version, query, now }: Conversion): unknown {
  if (isStatus(body) || typeof body !== 'object' || body === null || form.as === 'object') return body;
  if (form.as === 'partial') {
    if (isList(body)) return toPartialList(body, form.version);
    return partialObject(body as KubeObject, form.version);
  }
  const include = includeOf(query);
  if (include === undefined) return badRequest(`Unable to convert to Table as requested: includeObject: Invalid value: "${query['includeObject'] ?? ''}": must be 'Metadata', 'Object', 'None', or empty`);
  const type = { apiVersion: groupVersionText(info.group, version), kind: info.kind };
  return toTable(body as KubeObject, { printer: printerOf(info, version), now: now(), include, version: form.version, type });
}

/** Makes the events of one watch into bytes; a table's columns go out with the first event only. */
export function watchEvents({ form, info, version, query, now }: Conversion, encoder: Encoder): (event: WatchEvent) => Buffer {
  const { encoding } = form;
  if (form.as === 'object') return (event) => encoder.event(event, encoding);
  const made = (type: string, object: unknown): Buffer => encoder.fresh(type, object as Readonly<Record<string, unknown>>, encoding);
  if (form.as === 'partial') {
    return (event) => (event.type === 'ERROR' ? encoder.event(event, encoding) : made(event.type, partialObject(event.object, form.version)));
  }
  const include = includeOf(query) ?? 'Metadata';
  const printer = printerOf(info, version);
  let isFirst = true;
  return (event) => {
    if (event.type === 'ERROR') return encoder.event(event, encoding);
    const table = toTable(event.object, { printer, now: now(), include, version: form.version, omitColumns: !isFirst });
    isFirst = false;
    return made(event.type, event.type === 'BOOKMARK' ? { ...table, rows: [bookmarkRow(event.object, form.version)] } : table);
  };
}

const bookmarkRow = (object: KubeObject, version: 'v1' | 'v1beta1'): unknown => ({ cells: null, object: partialObject(object, version) });
