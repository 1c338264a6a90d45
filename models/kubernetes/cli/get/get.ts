/**
 * `kubetwin get LOG TYPE [NAME]`: what `kubectl get` would have printed at a moment of the run.
 *
 * The requests are answered by an API server that holds the cluster of that moment, so selectors, versions, custom resources and
 * columns are those of the run.
 */
import { CliError, EXIT } from '../../../../src/cli/exit.ts';
import type { Query } from '../../api/message.ts';
import { groupVersionText, type KindInfo } from '../../api-server/registry/kind.ts';
import type { Status } from '../../api-server/status/status.ts';
import { findJsonPath, parseJsonPath } from '../../api-server/table/json-path.ts';
import { printerOf } from '../../api-server/table/table.ts';
import type { Moment } from '../../cluster/moment.ts';
import type { KubeObject } from '../../object/types.ts';
import { withClusterLog } from '../cluster-log.ts';
import { parseOutput, print, type Found } from './output.ts';
import { parseResourceArguments, type Wanted } from './resource-arguments.ts';

export interface GetOptions {
  readonly at?: string;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly output?: string;
  readonly sortBy?: string;
  readonly headers?: boolean;
  readonly showLabels?: boolean;
  readonly showKind?: boolean;
  readonly showManagedFields?: boolean;
  readonly json?: boolean;
}

const USER = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
const USER_AGENT = 'kubectl/v1.32.0 (linux/amd64) kubernetes';

/** Prints; the code is 1 when something that was asked for by name is not there, as kubectl's is. */
export function get(path: string, args: readonly string[], options: GetOptions): Promise<number> {
  const output = parseOutput(options.json === true ? 'json' : options.output);
  return withClusterLog(path, (cluster) => {
    const moment = cluster.moment(options.at);
    const wanted = parseResourceArguments(args, moment.kinds());
    if (options.allNamespaces === true && wanted.some(({ names }) => names !== undefined)) throw new CliError('a resource cannot be retrieved by name across all namespaces');
    const errors: string[] = [];
    const found = merged(wanted.map((each) => ask(moment, each, options, errors)));
    const isSingle = wanted.length === 1 && wanted[0]?.names?.length === 1;
    const count = found.reduce((sum, { objects }) => sum + objects.length, 0);
    const isTable = output.kind === 'table' || output.kind === 'name';
    if (count > 0 || (!isTable && errors.length === 0)) {
      process.stdout.write(
        print(output, found, {
          now: moment.wallTime,
          allNamespaces: options.allNamespaces === true,
          noHeaders: options.headers === false,
          showLabels: options.showLabels === true,
          showKind: options.showKind === true || found.length > 1,
          isSingle,
        }),
      );
    } else if (errors.length === 0) process.stderr.write(`${nothing(wanted, options)}\n`);
    for (const error of errors) process.stderr.write(`${error}\n`);
    return errors.length === 0 ? EXIT.ok : EXIT.failed;
  });
}

/** Kinds that were asked for several times (`pod/a pod/b`) are printed once. */
function merged(found: readonly Found[]): Found[] {
  const byKind = new Map<KindInfo, Found>();
  for (const each of found) byKind.set(each.info, { ...each, objects: [...(byKind.get(each.info)?.objects ?? []), ...each.objects] });
  return [...byKind.values()];
}

function ask(moment: Moment, { info, names }: Wanted, options: GetOptions, errors: string[]): Found {
  const version = info.versions[0]?.version ?? '';
  const namespace = !info.namespaced || options.allNamespaces === true ? undefined : (options.namespace ?? 'default');
  const base = { group: info.group, version, resource: info.resource, user: USER, userAgent: USER_AGENT, ...(namespace === undefined ? {} : { namespace }) };
  const type = { apiVersion: groupVersionText(info.group, version), kind: info.kind };
  const objects: KubeObject[] = [];
  const accept = (answer: { readonly code: number; readonly body: unknown }, take: (body: unknown) => void): void => {
    if (answer.code < 400) return take(answer.body);
    const { reason, message } = answer.body as Status;
    errors.push(`Error from server${reason === undefined ? '' : ` (${reason})`}: ${message ?? ''}`);
  };
  if (names === undefined) {
    const query: Query = { ...(options.selector === undefined ? {} : { labelSelector: options.selector }), ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }) };
    accept(moment.ask({ verb: 'list', ...base, query }), (body) => objects.push(...(body as { items: readonly KubeObject[] }).items));
  } else {
    if (options.selector !== undefined || options.fieldSelector !== undefined) throw new CliError('name cannot be provided when a selector is specified');
    for (const name of names) accept(moment.ask({ verb: 'get', ...base, name }), (body) => objects.push(body as KubeObject));
  }
  const shown = objects.map((object) => withType(object, type, options.showManagedFields === true));
  return { info, printer: printerOf(info, version), objects: options.sortBy === undefined ? shown : sortedBy(shown, options.sortBy) };
}

function withType(object: KubeObject, type: { readonly apiVersion: string; readonly kind: string }, keepsManagedFields: boolean): KubeObject {
  const typed = { ...type, ...object };
  if (keepsManagedFields || typed.metadata.managedFields === undefined) return typed;
  const { managedFields: _managedFields, ...metadata } = typed.metadata;
  return { ...typed, metadata };
}

function sortedBy(objects: readonly KubeObject[], text: string): KubeObject[] {
  const path = parseJsonPath(text);
  if (path === undefined) throw new CliError(`--sort-by must be a JSONPath such as .metadata.creationTimestamp, not "${text}"`);
  const keyed = objects.map((object) => ({ object, key: findJsonPath(object, path)[0] }));
  return keyed.sort((x, y) => compare(x.key, y.key)).map(({ object }) => object);
}

/** Absent values first; numbers as numbers, everything else as text. */
function compare(x: unknown, y: unknown): number {
  if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? -1 : 1;
  if (typeof x === 'number' && typeof y === 'number') return x - y;
  const [a, b] = [String(x), String(y)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function nothing(wanted: readonly Wanted[], options: GetOptions): string {
  const isNamespaced = wanted.some(({ info }) => info.namespaced) && options.allNamespaces !== true;
  return isNamespaced ? `No resources found in ${options.namespace ?? 'default'} namespace.` : 'No resources found';
}
