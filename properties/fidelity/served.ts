/** A served simulation in a process of its own, as long as it is used. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The built command: beside the bundle of this file, or where the build puts it. */
const COMMAND = [new URL('./kubetwin.js', import.meta.url), new URL('../../dist/kubetwin.js', import.meta.url)].map((url) => fileURLToPath(url)).find((path) => existsSync(path)) ?? 'dist/kubetwin.js';
const PATIENCE_MS = 60_000;

/** Starts `kubetwin serve` on a free port, hands its URL over, and ends it. */
export async function served<T>(args: readonly string[], use: (url: string) => Promise<T>): Promise<T> {
  const server = spawn(process.execPath, [COMMAND, 'serve', '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    return await use(await urlOf(server));
  } finally {
    server.kill();
  }
}

function urlOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const url = /on (http:\/\/\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    });
    server.once('exit', (code) => reject(new Error(`kubetwin serve ended with ${String(code)}: ${said}`)));
  });
}

/** Runs a program of the oracle; resolves with what it printed. */
export function program(path: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.once('exit', (code) => (code === 0 ? resolve(said) : reject(new Error(`${path} ended with ${String(code)}: ${said}`))));
  });
}

/** Waits until all nodes are Ready and pods can have their ServiceAccount. */
export async function settled(url: string, nodes: number): Promise<void> {
  const asked = async (path: string): Promise<any> => (await fetch(`${url}${path}`)).json();
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(50)) {
    const { items = [] } = await asked('/api/v1/nodes');
    const ready = items.filter((node: any) => node.status?.conditions?.some((condition: any) => condition.type === 'Ready' && condition.status === 'True'));
    const account = await asked('/api/v1/namespaces/default/serviceaccounts/default');
    if (ready.length === nodes && account.kind === 'ServiceAccount') return;
  }
  throw new Error(`${url}: the cluster did not get ready`);
}
