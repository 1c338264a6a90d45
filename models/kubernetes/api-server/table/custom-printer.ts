/**
 * Rows of custom resources: `additionalPrinterColumns` of their definition, or the age alone.
 *
 * Upstream: apiextensions-apiserver/pkg/registry/customresource/tableconvertor/tableconvertor.go.
 */
import type { KubeObject } from '../../object/types.ts';
import { canonicalJson, isObject } from '../patch/json-value.ts';
import { instant, humanDuration } from './age.ts';
import { AGE, NAME, column } from './column.ts';
import type { Cell, Printer } from './column.ts';
import { findJsonPath, parseJsonPath } from './json-path.ts';

/** One entry of additionalPrinterColumns. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

const DEFAULT_COLUMNS: readonly PrinterColumn[] = [
  { name: 'Age', type: 'date', description: AGE.description, jsonPath: '.metadata.creationTimestamp' },
];

function cellFor(type: string, value: unknown, now: number): Cell {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? humanDuration(now - instant(value)) : '<invalid>';
    default:
      return typeof value === 'string' ? value : isObject(value) || Array.isArray(value) ? canonicalJson(value) : String(value);
  }
}

/** The printer of a custom resource's version. */
export function customPrinter(columns: readonly PrinterColumn[] | undefined): Printer {
  const shown = columns === undefined || columns.length === 0 ? DEFAULT_COLUMNS : columns;
  const compiled = shown.map((entry) => ({ type: entry.type, path: parseJsonPath(entry.jsonPath) }));
  return {
    columns: [
      NAME,
      ...shown.map(({ name, type, format, description, priority, jsonPath }) =>
        column(name, description || `Custom resource definition column (in JSONPath format): ${jsonPath}`, type, priority ?? 0, format ?? ''),
      ),
    ],
    cells: (object: KubeObject, now: number) => [
      object.metadata.name,
      ...compiled.map(({ type, path }): Cell => {
        const [value] = path === undefined ? [] : findJsonPath(object, path);
        return value === undefined || value === null ? null : cellFor(type, value, now);
      }),
    ],
  };
}
