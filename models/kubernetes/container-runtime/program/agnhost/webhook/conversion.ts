/** `agnhost crd-conversion-webhook`: stable.example.com from v1 (`hostPort`) to v2 (`host`, `port`) and back. */
import type { System } from '../../../process/system.ts';
import type { Run } from '../../../process/wait.ts';
import { answerTo, reviewOf, serveReviews, UNREADABLE, type Endpoint } from './review.ts';

interface Custom {
  readonly apiVersion: string;
  readonly hostPort?: string;
  readonly host?: string;
  readonly port?: string;
  readonly [field: string]: unknown;
}

const [V1, V2] = ['stable.example.com/v1', 'stable.example.com/v2'];

/** The object in the other version, or why there is none. */
function convert(object: Custom, to: string): Custom | string {
  const { apiVersion: from, hostPort, host, port, ...rest } = object;
  if (from === to) return `conversion from a version to itself should not call the webhook: ${to}`;
  if (from === V1 && to === V2) {
    if (hostPort === undefined) return { ...object, apiVersion: to };
    const parts = hostPort.split(':');
    return parts.length === 2 ? { ...rest, apiVersion: to, host: parts[0] as string, port: parts[1] as string } : `invalid hostPort value \`${hostPort}\``;
  }
  if (from === V2 && to === V1) return host === undefined && port === undefined ? { ...object, apiVersion: to } : { ...rest, apiVersion: to, hostPort: `${host ?? ''}:${port ?? ''}` };
  return `unexpected conversion version ${JSON.stringify(from === V1 || from === V2 ? to : from)}`;
}

// eslint-disable-next-line require-yield -- endpoints may wait; this one need not.
const crdConvert: Endpoint = function* (request) {
  const review = reviewOf(request, 'apiextensions.k8s.io', 'ConversionReview');
  if (review === undefined) return UNREADABLE;
  const converted = (review.request.objects as Custom[]).map((object) => convert(object, review.request.desiredAPIVersion));
  const problem = converted.find((result) => typeof result === 'string');
  return answerTo(review, problem === undefined ? { convertedObjects: converted, result: { status: 'Success' } } : { result: { status: 'Failure', message: problem } });
};

export const crdConversionWebhook = (system: System, words: readonly string[]): Run => serveReviews(system, words, 443, { '/crdconvert': crdConvert });
