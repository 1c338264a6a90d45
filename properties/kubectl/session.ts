/**
 * Real kubectl against a simulation that is served: starts `kubetwin serve`, runs commands, stops it again.
 *
 * kubectl is what `KUBETWIN_KUBECTL` names, else the one on the PATH; its home is a folder of its own, so that neither
 * a person's kubeconfig nor caches play a part.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, kubetwin, start } from '../cli/kubetwin.ts';

export const KUBECTL = process.env['KUBETWIN_KUBECTL'] ?? 'kubectl';

/** The minor version of the kubectl at hand; undefined when there is none. */
export function kubectlMinor(): number | undefined {
  try {
    const text = execFileSync(KUBECTL, ['version', '--client', '-o', 'json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const { clientVersion } = JSON.parse(text) as { clientVersion: { minor: string } };
    return Number.parseInt(clientVersion.minor, 10);
  } catch {
    return undefined;
  }
}

/** What a command did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the command after so many ms of real time. */
  readonly timeoutMs?: number;
  /** Called with all output so far; true ends the command. */
  readonly until?: (out: string) => boolean;
}

export class KubectlSession {
  readonly folder = folder();
  readonly log = join(this.folder, 'run.log');
  url = '';
  /** How many commands have run. */
  commands = 0;
  private server: ChildProcess | undefined;
  private errors = '';

  /** Serves a cluster; `options` go to `kubetwin serve`. */
  async start(...options: string[]): Promise<void> {
    const server = start(['serve', '--port', '0', '--log', this.log, '--kubeconfig', join(this.folder, 'kubeconfig'), ...options]);
    this.server = server;
    server.stderr?.on('data', (bytes: Buffer) => void (this.errors += bytes.toString()));
    let text = '';
    await new Promise<void>((resolve, reject) => {
      server.stdout?.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        this.url = /https?:\/\/[^\s]+/.exec(text)?.[0] ?? '';
        if (this.url !== '') resolve();
      });
      server.once('exit', (code) => reject(new Error(`kubetwin serve ended with ${code}: ${this.errors}`)));
    });
  }

  /** Stops the server; what it complained about. */
  async stop(): Promise<string> {
    const { server } = this;
    if (server === undefined || server.exitCode !== null) return this.errors;
    const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    server.kill('SIGTERM');
    await gone;
    return this.errors;
  }

  /** Executes the session's log again; throws when it diverges. */
  replay(): string {
    const { code, stdout, stderr } = kubetwin(['replay', this.log]);
    if (code !== 0) throw new Error(`kubetwin replay exited with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Writes a file into the session's folder; returns its path. */
  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** How many watches the server holds open. */
  async openWatches(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return Number(/^apiserver_longrunning_requests\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  run(args: readonly string[], { input, env = {}, timeoutMs = 60_000, until }: RunOptions = {}): Promise<Ran> {
    this.commands++;
    const all = { PATH: process.env['PATH'] ?? '', HOME: this.folder, KUBECONFIG: join(this.folder, 'kubeconfig'), ...env };
    const child = spawn(KUBECTL, args, { cwd: this.folder, env: all, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    let [out, err] = ['', ''];
    const timer = setTimeout(() => child.kill('SIGINT'), timeoutMs);
    child.stderr.on('data', (bytes: Buffer) => void (err += bytes.toString()));
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString();
      if (until?.(out) === true) child.kill('SIGINT');
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        clearTimeout(timer);
        resolve({ code: code ?? -1, out, err });
      });
    });
  }

  /** Runs words that are split at spaces; throws unless it exits with 0. Returns standard output. */
  async ok(words: string, options?: RunOptions): Promise<string> {
    return this.okay(words.split(' '), options);
  }

  async okay(args: readonly string[], options?: RunOptions): Promise<string> {
    const ran = await this.run(args, options);
    if (ran.code !== 0) throw new Error(`kubectl ${args.join(' ')} exited with ${ran.code}: ${ran.err}${ran.out}`);
    return ran.out;
  }

  async json<T = any>(words: string): Promise<T> {
    return JSON.parse(await this.ok(`${words} -o json`)) as T;
  }
}
