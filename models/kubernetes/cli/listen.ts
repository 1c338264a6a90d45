/**
 * Listening: puts the Kubernetes API of something (a simulation, a moment of a log) on a port until it is interrupted.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { CliError, EXIT, systemReason } from '../../../src/cli/exit.ts';
import type { Simulation } from '../cluster/simulation.ts';
import { kubeconfigFor } from '../facade/kubeconfig.ts';
import type { Seam } from '../facade/seam.ts';
import { HttpFacade } from '../facade/server.ts';
import { SimulationSeam } from './seam.ts';

export interface ListenOptions {
  readonly port?: string;
  readonly host?: string;
  readonly kubeconfig?: string;
  readonly token?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly speed?: string;
  readonly paused?: boolean;
}

/** Serves a running simulation, paced by the wall clock. Resolves with the exit code. */
export async function serveSimulation(simulation: Simulation, options: ListenOptions): Promise<number> {
  let fail: (error: unknown) => void = () => undefined;
  const seam = new SimulationSeam(simulation, speedOf(options.speed ?? '1'), (error) => fail(error));
  if (options.paused === true) seam.pacer.isPaused = true;
  const code = await listen(seam, options, 'serving the Kubernetes API', (failed) => {
    fail = failed;
    seam.pacer.start();
  });
  seam.pacer.stop();
  return code;
}

/**
 * Listens until SIGINT or SIGTERM, or until what was `started` fails. Resolves with the exit code.
 *
 * @throws CliError when the port cannot be had or the kubeconfig cannot be written.
 */
export async function listen(seam: Seam, options: ListenOptions, what: string, started: (failed: (error: unknown) => void) => void = () => undefined): Promise<number> {
  const tls = tlsOf(options);
  const facade = new HttpFacade(seam, { ...(tls === undefined ? {} : { tls }), port: portOf(options.port ?? '8001'), ...(options.host === undefined ? {} : { host: options.host }), ...(options.token === undefined ? {} : { token: options.token }) });
  let url: string;
  try {
    url = await facade.listen();
  } catch (error) {
    throw new CliError(`cannot listen on port ${options.port ?? '8001'}: ${systemReason(error)}`);
  }
  const finished = new Promise<number>((resolve) => {
    process.once('SIGINT', () => resolve(EXIT.ok));
    process.once('SIGTERM', () => resolve(EXIT.ok));
    started((error) => {
      process.stderr.write(`kubetwin: ${error instanceof Error ? (error.cause instanceof Error ? `${error.message}\n${error.cause.stack}` : error.message) : String(error)}\n`);
      resolve(EXIT.failed);
    });
  });
  try {
    if (options.kubeconfig !== undefined) writeKubeconfig(options.kubeconfig, url, options.token, tls?.cert);
    process.stdout.write(`${what} on ${url}\n  ${advice(url, options)}\n`);
    return await finished;
  } finally {
    await facade.close();
  }
}

/** The command that reaches the server. */
function advice(url: string, { kubeconfig, token, tlsCert }: ListenOptions): string {
  if (kubeconfig !== undefined) return `kubectl --kubeconfig ${kubeconfig} get nodes`;
  return `kubectl --server ${url}${tlsCert === undefined ? '' : ` --certificate-authority ${tlsCert}`}${token === undefined ? '' : ` --token ${token}`} get nodes`;
}

function tlsOf({ tlsCert, tlsKey }: ListenOptions): { readonly cert: string; readonly key: string } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) throw new CliError('--tls-cert and --tls-key belong together: give both or none');
  try {
    return { cert: readFileSync(tlsCert, 'utf8'), key: readFileSync(tlsKey, 'utf8') };
  } catch (error) {
    throw new CliError(`cannot read the certificate or its key: ${systemReason(error)}`);
  }
}

function speedOf(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const speed = Number(text);
  if (!(speed > 0)) throw new CliError(`--speed must be a positive number or max, not "${text}"`);
  return speed;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new CliError(`--port must be a number from 0 to 65535, not "${text}"`);
  return port;
}

function writeKubeconfig(path: string, url: string, token: string | undefined, certificate: string | undefined): void {
  try {
    writeFileSync(path, kubeconfigFor(url, token, certificate), { mode: 0o600 });
  } catch (error) {
    throw new CliError(`cannot write the kubeconfig ${path}: ${systemReason(error)}`);
  }
}
