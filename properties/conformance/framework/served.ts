/** A served cluster for the tests that are about HTTP itself: real requests, virtual time that runs ahead of the clock. */
import { WebSocket } from 'ws';
import { SimulationSeam } from '../../../models/kubernetes/cli/seam.ts';
import { createCluster } from '../../../models/kubernetes/cluster/simulation.ts';
import { HttpFacade } from '../../../models/kubernetes/facade/server.ts';
import { IMAGES, type Json } from './framework.ts';

const SPEED = 30;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export class ServedCluster {
  url = '';
  readonly #seam: SimulationSeam;
  readonly #facade: HttpFacade;

  constructor() {
    const failures: unknown[] = [];
    this.#seam = new SimulationSeam(createCluster({ seed: '1', nodes: 2, gateway: true, freeze: false }), SPEED, (error) => void failures.push(error));
    this.#facade = new HttpFacade(this.#seam);
  }

  async start(): Promise<void> {
    this.url = await this.#facade.listen();
    this.#seam.pacer.start();
  }

  async stop(): Promise<void> {
    this.#seam.pacer.stop();
    await this.#facade.close();
  }

  async fetch(method: string, path: string, body?: Json): Promise<HttpAnswer> {
    const response = await fetch(this.url + path, { method, redirect: 'manual', ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** Asks until `holds`, for at most a minute of real time. */
  async until(method: string, path: string, holds: (answer: HttpAnswer) => boolean): Promise<HttpAnswer> {
    const end = Date.now() + 60_000;
    for (;;) {
      const answer = await this.fetch(method, path);
      if (holds(answer)) return answer;
      if (Date.now() > end) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Creates a namespace and pods in it, and waits until the pods run. */
  async runs(namespace: string, pods: readonly Json[]): Promise<void> {
    await this.fetch('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    await this.until('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`, ({ status }) => status === 200);
    for (const pod of pods) {
      const { status, text } = await this.fetch('POST', `/api/v1/namespaces/${namespace}/pods`, pod);
      if (status !== 201) throw new Error(text);
    }
    for (const pod of pods) await this.until('GET', `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}`, ({ text }) => (JSON.parse(text).status.conditions ?? []).some((each: Json) => each.type === 'Ready' && each.status === 'True'));
  }

  /** All messages of a WebSocket until it closes. */
  webSocket(path: string, protocol: string): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      const messages: Buffer[] = [];
      const socket = new WebSocket(this.url.replace('http', 'ws') + path, [protocol]);
      socket.on('message', (data: Buffer) => messages.push(data));
      socket.on('close', () => resolve(messages));
      socket.on('error', reject);
    });
  }
}

export const agnhost = (name: string, container: Json, labels: Json = {}): Json => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec: { containers: [{ name: 'agnhost', image: IMAGES.agnhost, ...container }] } });
