/**
 * `kubetwin record`: writes a recording of a real cluster. It lists and watches; what users change goes through its proxy.
 */
import { basename } from 'node:path';
import { parseDuration } from '../../../../src/cli/duration.ts';
import { CliError, EXIT, systemReason } from '../../../../src/cli/exit.ts';
import { Progress } from '../../../../src/cli/progress.ts';
import { ClusterApi } from './cluster-api.ts';
import { writeRecording } from './file.ts';
import { openProxy } from './proxy.ts';
import { Recorder } from './recorder.ts';

export interface RecordOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly out: string;
  readonly for?: string;
  readonly proxy?: string;
  readonly scenario?: string;
  readonly json?: boolean;
}

/** Records until the time is over or somebody interrupts. */
export async function record(options: RecordOptions): Promise<number> {
  const limit = options.for === undefined ? undefined : parseDuration(options.for);
  if (options.for !== undefined && limit === undefined) throw new CliError(`--for must be a duration such as 30s or 5m, not "${options.for}"`);
  const port = options.proxy === undefined ? undefined : Number(options.proxy);
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_535)) throw new CliError(`--proxy must be a port from 0 to 65535, not "${options.proxy}"`);
  const api = await ClusterApi.open(options.kubeconfig, options.context);
  const recorder = new Recorder(api);
  await recorder.start();
  const proxy = port === undefined ? undefined : await openProxy(api, recorder, port).catch((error: unknown) => {
    throw new CliError(`cannot listen on port ${port}: ${systemReason(error)}`);
  });
  process.stdout.write(`recording ${api.server} into ${options.out}${limit === undefined ? ' until Ctrl-C' : ` for ${options.for}`}\n`);
  if (proxy !== undefined) process.stdout.write(`  kubectl --server ${proxy.url} apply -f …\n`);
  const progress = new Progress(process.stderr, options.json !== true);
  await new Promise<void>((resolve) => {
    const show = setInterval(() => progress.show(`${Math.round(recorder.elapsed / 1000)} s  ${recorder.count} lines`), 1000);
    const end = (): void => {
      clearInterval(show);
      clearTimeout(over);
      resolve();
    };
    const over = limit === undefined ? undefined : setTimeout(end, limit / 1000);
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
  progress.clear();
  proxy?.close();
  const lines = await recorder.stop(options.scenario ?? basename(options.out).replace(/\.ndjson(\.gz)?$/, ''));
  writeRecording(options.out, lines);
  process.stdout.write(options.json === true ? `${JSON.stringify({ out: options.out, lines: lines.length })}\n` : `${lines.length} lines written to ${options.out}\n`);
  return EXIT.ok;
}
