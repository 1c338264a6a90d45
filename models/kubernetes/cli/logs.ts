/**
 * `kubetwin logs LOG POD`: what `kubectl logs` would have printed at a moment of a run.
 *
 * What containers print is no fact of the log: the run is executed again up to the moment, and its containers are asked.
 */
import { parseDuration } from '../../../src/cli/duration.ts';
import { CliError, EXIT } from '../../../src/cli/exit.ts';
import { Progress } from '../../../src/cli/progress.ts';
import { forkAt } from '../../../src/cli/fork.ts';
import type { LogQuery } from '../api/cri.ts';
import { containersOf, type ContainerView } from '../container-runtime/inspect.ts';
import type { Pod } from '../object/types.ts';
import { withClusterLog } from './cluster-log.ts';

export interface LogsOptions {
  readonly namespace?: string;
  readonly container?: string;
  readonly allContainers?: boolean;
  readonly previous?: boolean;
  readonly at?: string;
  readonly tail?: string;
  readonly since?: string;
  readonly timestamps?: boolean;
  readonly json?: boolean;
}

/** Prints; the code is 1 when there is no such pod or container, as kubectl's is. */
export function logs(path: string, name: string, options: LogsOptions): Promise<number> {
  const namespace = options.namespace ?? 'default';
  const podName = name.replace(/^(?:pods?|po)\//, '');
  return withClusterLog(path, async (cluster) => {
    const position = cluster.position(options.at);
    const pod = cluster.place(position).view.objects.get(`/registry/pods/${namespace}/${podName}`)?.object as Pod | undefined;
    if (pod === undefined) return refuse(`Error from server (NotFound): pods "${podName}" not found`);
    const wanted = containersIn(pod, options);
    if (typeof wanted === 'string') return refuse(wanted);
    const progress = new Progress(process.stderr, options.json !== true);
    progress.show(`executing ${path} again, up to #${position}`);
    const { kernel } = forkAt(path, cluster.log, await cluster.build(), { at: position });
    progress.clear();
    const instances = containersOf(kernel.state(`container-runtime/${pod.spec.nodeName ?? ''}`), cluster.config.epoch).filter(({ podUid }) => podUid === pod.metadata.uid);
    const found = wanted.map((container) => ({ container, instance: instances.filter((each) => each.container === container)[options.previous === true ? 1 : 0] }));
    const missing = found.find(({ instance }) => instance === undefined);
    if (missing !== undefined && options.allContainers !== true) return refuse(absent(missing.container, podName, options));
    show(found, queryOf(options, kernel.now), options);
    return EXIT.ok;
  });
}

function refuse(message: string): number {
  process.stderr.write(`${message}\n`);
  return EXIT.failed;
}

function absent(container: string, pod: string, { previous }: LogsOptions): string {
  const where = `container "${container}" in pod "${pod}"`;
  return `Error from server (BadRequest): ${previous === true ? `previous terminated ${where} not found` : `${where} is waiting to start: ContainerCreating`}`;
}

/** The containers that were asked for: one by name, all, or the first. */
function containersIn({ metadata, spec }: Pod, { container, allContainers }: LogsOptions): readonly string[] | string {
  const main = spec.containers.map(({ name }) => name);
  const others = [...(spec.initContainers ?? []), ...((spec.ephemeralContainers ?? []) as readonly { name: string }[])].map(({ name }) => name);
  if (allContainers === true) return [...others, ...main];
  if (container === undefined) return [metadata.annotations?.['kubectl.kubernetes.io/default-container'] ?? main[0] ?? ''];
  if ([...main, ...others].includes(container)) return [container];
  return `error: container ${container} is not valid for pod ${metadata.name}: it has ${[...main, ...others].join(', ')}`;
}

function queryOf({ tail, since, timestamps }: LogsOptions, now: number): LogQuery {
  const lines = tail === undefined ? undefined : Number(tail);
  if (lines !== undefined && !Number.isInteger(lines)) throw new CliError(`--tail must be a whole number of lines, not "${tail}"`);
  const duration = since === undefined ? undefined : parseDuration(since);
  if (since !== undefined && duration === undefined) throw new CliError(`--since must be a duration such as 30s or 5m, not "${since}"`);
  return {
    ...(lines === undefined || lines < 0 ? {} : { tailLines: lines }),
    ...(duration === undefined ? {} : { sinceUs: now - duration }),
    timestamps: timestamps === true,
  };
}

function show(found: readonly { readonly container: string; readonly instance: ContainerView | undefined }[], query: LogQuery, options: LogsOptions): void {
  const texts = found.flatMap(({ container, instance }) => (instance === undefined ? [] : [{ container, attempt: instance.attempt, state: instance.state, log: instance.log(query) }]));
  if (options.json === true) process.stdout.write(`${JSON.stringify(texts)}\n`);
  else if (options.allContainers !== true) process.stdout.write(texts.map(({ log }) => log).join(''));
  else process.stdout.write(texts.map(({ container, log }) => log.replace(/^(?=.)/gm, `[${container}] `)).join(''));
}
