/**
 * Columns of a Table and the building blocks that every kind's printer shares.
 *
 * A printer says which columns a kind has and what one object puts into them. Descriptions are part of the answer that
 * clients see; those that upstream takes from the API's field documentation stand in descriptions.json under
 * `Type.field`. Upstream: pkg/printers/internalversion/printers.go, apimachinery/pkg/apis/meta/v1/types.go.
 */
import type { KubeObject } from '../../object/types.ts';
import descriptions from './descriptions.json' with { type: 'json' };

/** One column, with the property order of the wire. Priority 0 is always shown, 1 only with `-o wide`. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** What a column may hold. */
export type Cell = string | number | boolean | null;

/** A remark on a row; kubectl uses it to tell finished pods apart. */
export interface RowCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** How a kind is shown. `now` is the server's time in microseconds since 1970. */
export interface Printer {
  readonly columns: readonly ColumnDefinition[];
  readonly cells: (object: KubeObject, now: number) => readonly Cell[];
  readonly conditions?: (object: KubeObject) => readonly RowCondition[] | undefined;
}

/** The documentation of a field, as the API publishes it. */
export const fieldDescription = (field: keyof typeof descriptions): string => descriptions[field];

/** A column. */
export const column = (name: string, description: string, type = 'string', priority = 0, format = ''): ColumnDefinition => ({
  name,
  type,
  format,
  description,
  priority,
});

/** A column that only wide output shows. */
export const wide = (name: string, description: string, type = 'string'): ColumnDefinition =>
  column(name, description, type, 1);

export const NAME = column('Name', fieldDescription('ObjectMeta.name'), 'string', 0, 'name');
export const AGE = column('Age', fieldDescription('ObjectMeta.creationTimestamp'));
export const CONTAINERS = wide('Containers', 'Names of each container in the template.');
export const IMAGES = wide('Images', 'Images referenced by each container in the template.');

/** `name1,name2` and `image1,image2` of a pod template's containers. */
export function containerCells(podSpec: { containers?: readonly { name?: string; image?: string }[] }): [string, string] {
  const containers = podSpec.containers ?? [];
  return [containers.map((item) => item.name ?? '').join(','), containers.map((item) => item.image ?? '').join(',')];
}

/** Labels as `a=b,c=d` in key order, `<none>` when there are none (labels.FormatLabels). */
export function labelsText(labels: Readonly<Record<string, string>> | null | undefined): string {
  const keys = Object.keys(labels ?? {}).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return keys.length === 0 ? '<none>' : keys.map((key) => `${key}=${labels?.[key] ?? ''}`).join(',');
}

/** A list cut after `most` entries: `a,b,c + 2 more...` (listWithMoreString). */
export function listText(items: readonly string[], most: number, empty: string): string {
  if (items.length === 0) return empty;
  const shown = items.slice(0, most).join(',');
  return items.length > most ? `${shown} + ${items.length - most} more...` : shown;
}
