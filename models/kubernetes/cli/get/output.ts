/**
 * How `kubectl get` prints: tables, wide tables, YAML, JSON, names, JSONPath, custom columns.
 * Upstream: kubectl/pkg/cmd/get/get.go, cli-runtime/pkg/printers/{tableprinter,yaml,json,name}.go, kubectl/pkg/cmd/get/customcolumn.go.
 */
import { stringify } from 'yaml';
import { CliError } from '../../../../src/cli/exit.ts';
import { renderTable } from '../../../../src/cli/table.ts';
import type { KindInfo } from '../../api-server/registry/kind.ts';
import { labelsText, type Printer } from '../../api-server/table/column.ts';
import { findJsonPath, parseJsonPath } from '../../api-server/table/json-path.ts';
import type { KubeObject } from '../../object/types.ts';
import { parseTemplate, plain, renderTemplate, type Template } from './template.ts';

/** A compiled `-o`. */
export type Output =
  | { readonly kind: 'table'; readonly isWide: boolean }
  | { readonly kind: 'yaml' | 'json' | 'name' }
  | { readonly kind: 'jsonpath'; readonly template: Template }
  | { readonly kind: 'columns'; readonly headings: readonly string[]; readonly paths: readonly string[] };

export const OUTPUTS = 'wide, yaml, json, name, jsonpath=TEMPLATE, custom-columns=SPEC';

/** @throws CliError for an output that there is not. */
export function parseOutput(text: string | undefined): Output {
  if (text === undefined || text === '') return { kind: 'table', isWide: false };
  if (text === 'wide') return { kind: 'table', isWide: true };
  if (text === 'yaml' || text === 'json' || text === 'name') return { kind: text };
  const [name = '', ...rest] = text.split('=');
  const value = rest.join('=');
  if (name === 'jsonpath') {
    if (value === '') throw new CliError('template format specified but no template given');
    return { kind: 'jsonpath', template: parseTemplate(value) };
  }
  if (name === 'custom-columns') return columnsOf(value);
  throw new CliError(`unable to match a printer suitable for the output format "${text}", allowed formats are: ${OUTPUTS}`);
}

function columnsOf(value: string): Output {
  if (value === '') throw new CliError('custom-columns format specified but no custom columns given');
  const columns = value.split(',').map((column) => {
    const colon = column.indexOf(':');
    const path = column.slice(colon + 1);
    if (colon <= 0 || path === '') throw new CliError(`unexpected custom-columns spec: ${column}, expected <header>:<json-path-expr>`);
    if (parseJsonPath(path) === undefined) throw new CliError(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}', not ${path}`);
    return { heading: column.slice(0, colon), path };
  });
  return { kind: 'columns', headings: columns.map(({ heading }) => heading), paths: columns.map(({ path }) => path) };
}

/** The objects of one kind, in the order in which they are printed. */
export interface Found {
  readonly info: KindInfo;
  readonly printer: Printer;
  readonly objects: readonly KubeObject[];
}

export interface PrintOptions {
  /** Microseconds since 1970: ages are reckoned from it. */
  readonly now: number;
  readonly allNamespaces: boolean;
  readonly noHeaders: boolean;
  readonly showLabels: boolean;
  /** Names get their resource in front: several kinds are printed. */
  readonly showKind: boolean;
  /** One object that was asked for by its name, not a list. */
  readonly isSingle: boolean;
}

/** What is printed, with its final newline; empty when there is nothing. */
export function print(output: Output, found: readonly Found[], options: PrintOptions): string {
  switch (output.kind) {
    case 'table':
      return found.filter(({ objects }) => objects.length > 0).map((each) => `${table(each, output.isWide, options)}\n`).join('\n');
    case 'name':
      return found.flatMap(({ info, objects }) => objects.map((object) => `${qualified(info)}/${object.metadata.name ?? ''}\n`)).join('');
    case 'yaml':
      return stringify(whole(found, options.isSingle), { sortMapEntries: true, lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false });
    case 'json':
      return `${JSON.stringify(sorted(whole(found, options.isSingle)), undefined, 4)}\n`;
    case 'jsonpath':
      return renderTemplate(output.template, whole(found, options.isSingle));
    case 'columns': {
      const paths = output.paths.map((path) => parseJsonPath(path) ?? []);
      const rows = found.flatMap(({ objects }) => objects.map((object) => paths.map((path) => findJsonPath(object, path).map(plain).join(',') || '<none>')));
      return `${withoutHeading(renderTable(output.headings, rows), options.noHeaders)}\n`;
    }
  }
}

function table({ info, printer, objects }: Found, isWide: boolean, options: PrintOptions): string {
  const shown = printer.columns.flatMap((column, at) => (column.priority === 0 || isWide ? [at] : []));
  const hasNamespace = options.allNamespaces && info.namespaced;
  const headings = [...(hasNamespace ? ['Namespace'] : []), ...shown.map((at) => printer.columns[at]?.name ?? ''), ...(options.showLabels ? ['Labels'] : [])];
  const rows = objects.map((object) => {
    const cells = printer.cells(object, options.now);
    const own = shown.map((at) => (at === 0 && options.showKind ? `${qualified(info)}/${String(cells[0])}` : (cells[at] ?? '<none>')));
    return [...(hasNamespace ? [object.metadata.namespace ?? ''] : []), ...own, ...(options.showLabels ? [labelsText(object.metadata.labels)] : [])];
  });
  return withoutHeading(renderTable(headings, rows), options.noHeaders);
}

const withoutHeading = (text: string, isWanted: boolean): string => (isWanted ? text.slice(text.indexOf('\n') + 1) : text);

/** `deployment.apps`, `pod`. */
const qualified = ({ singular, group }: KindInfo): string => (group === '' ? singular : `${singular}.${group}`);

/** What YAML, JSON and JSONPath show: the object itself, or a List. */
function whole(found: readonly Found[], isSingle: boolean): unknown {
  const objects = found.flatMap((each) => each.objects);
  return isSingle && objects.length === 1 ? objects[0] : { apiVersion: 'v1', items: objects, kind: 'List', metadata: { resourceVersion: '' } };
}

/** The same value with its members in the order of their names, as Go prints maps. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.keys(members).sort((x, y) => (x < y ? -1 : x > y ? 1 : 0)).map((key) => [key, sorted(members[key])]));
}
