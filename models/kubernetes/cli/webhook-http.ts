/**
 * Calls webhooks over HTTP for a simulation that is served.
 *
 * Services are reached at the address that the cluster's own network would give only inside of the simulation, so a webhook
 * named by a Service is looked for on this machine under its port; one named by URL is called there.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { WebhookAnswer, WebhookCall } from '../api/webhook.ts';
import { jsonOrText } from '../object/json-or-text.ts';

/** POSTs the review. Never throws: what goes wrong is the answer's error, in Go's words. */
export function callWebhookOverHttp({ url, service, caBundle, body, timeoutSeconds }: WebhookCall): Promise<WebhookAnswer> {
  const target = new URL(url);
  const host = service === undefined ? target.hostname : '127.0.0.1';
  const port = target.port || (target.protocol === 'http:' ? '80' : '443');
  const data = JSON.stringify(body);
  const send = target.protocol === 'http:' ? httpRequest : httpsRequest;
  const trust = caBundle === undefined ? { rejectUnauthorized: false } : { ca: Buffer.from(caBundle, 'base64').toString('utf8'), servername: target.hostname };
  return new Promise((resolve) => {
    const outgoing = send(
      { host, port, method: 'POST', path: `${target.pathname}${target.search}`, timeout: timeoutSeconds * 1000, headers: { host: target.host, 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'kube-apiserver-admission', 'content-length': Buffer.byteLength(data) }, ...trust },
      (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        incoming.on('end', () => resolve({ code: incoming.statusCode ?? 0, body: jsonOrText(text) }));
        incoming.on('error', (error) => resolve({ error: error.message }));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('context deadline exceeded')));
    outgoing.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code === 'ECONNREFUSED' ? `dial tcp ${host}:${port}: connect: connection refused` : error.message }));
    outgoing.end(data);
  });
}
