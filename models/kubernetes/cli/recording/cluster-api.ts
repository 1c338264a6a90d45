/**
 * A real cluster's API by a kubeconfig: reading it as the official client would, and nothing else.
 *
 * The official client resolves the kubeconfig (contexts, certificates, exec plugins); answers are taken as the JSON that came, because
 * its models turn times into dates. It is loaded only here, so that everything else works without it.
 */
import http from 'node:http';
import https from 'node:https';
import { CliError, systemReason } from '../../../../src/cli/exit.ts';

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

export class ClusterApi {
  readonly server: string;
  readonly #apply: (options: https.RequestOptions) => Promise<void>;

  private constructor(server: string, apply: (options: https.RequestOptions) => Promise<void>) {
    this.server = server;
    this.#apply = apply;
  }

  /** @throws CliError when the client is not installed, or the kubeconfig names no cluster. */
  static async open(kubeconfig: string | undefined, context: string | undefined): Promise<ClusterApi> {
    const { KubeConfig } = await import('@kubernetes/client-node').catch(() => {
      throw new CliError('record needs the official client of Kubernetes: npm install @kubernetes/client-node');
    });
    const config = new KubeConfig();
    try {
      if (kubeconfig === undefined) config.loadFromDefault();
      else config.loadFromFile(kubeconfig);
    } catch (error) {
      throw new CliError(`cannot read the kubeconfig ${kubeconfig ?? '(default)'}: ${systemReason(error)}`);
    }
    if (context !== undefined) config.setCurrentContext(context);
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new CliError(`the kubeconfig ${kubeconfig ?? '(default)'} has no cluster for the context "${config.getCurrentContext()}"`);
    const token = config.getCurrentUser()?.token;
    // The client refuses plain HTTP; there a token is all that there can be.
    const plain = async (options: https.RequestOptions): Promise<void> => void (token === undefined ? undefined : Object.assign(options.headers as object, { authorization: `Bearer ${token}` }));
    return new ClusterApi(cluster.server, cluster.server.startsWith('http:') ? plain : (options) => config.applyToHTTPSOptions(options));
  }

  /** Sends a request and waits for the whole answer. */
  async send(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: Buffer): Promise<ApiAnswer> {
    const response = await this.#open(method, path, headers, body);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '', body: Buffer.concat(chunks) };
  }

  /** The JSON at a path. @throws CliError when the cluster refuses. */
  async read<T>(path: string): Promise<T> {
    const { status, body } = await this.send('GET', path, { accept: 'application/json' });
    const text = body.toString('utf8');
    if (status !== 200) throw new CliError(`${this.server} answers ${status} to GET ${path}: ${messageOf(text)}`);
    return JSON.parse(text) as T;
  }

  /** Follows a watch; each line of it goes to `seen`. Ends when the server ends it, or with the function that is returned. */
  async watch<T>(path: string, seen: (event: T) => void, ended: () => void): Promise<() => void> {
    const response = await this.#open('GET', path, { accept: 'application/json' });
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') seen(JSON.parse(line) as T);
    });
    response.on('close', ended);
    response.on('error', () => undefined);
    return () => response.destroy();
  }

  async #open(method: string, path: string, headers: Readonly<Record<string, string>>, body?: Buffer): Promise<http.IncomingMessage> {
    const url = new URL(path, this.server);
    const options: https.RequestOptions = { method, headers: { 'user-agent': 'kubetwin-recorder', ...headers, ...(body === undefined ? {} : { 'content-length': body.length }) } };
    await this.#apply(options);
    return await new Promise((resolve, reject) => {
      const request = (url.protocol === 'http:' ? http : https).request(url, options, resolve);
      request.on('error', (error) => reject(new CliError(`cannot reach ${this.server}: ${systemReason(error)}`)));
      request.end(body);
    });
  }
}

function messageOf(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text.slice(0, 200);
  }
}
