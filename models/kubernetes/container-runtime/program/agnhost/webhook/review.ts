/**
 * The server that both webhooks of agnhost are: TLS from two files, a review in the body, its answer as JSON.
 *
 * Each call is answered by a process of its own, as by a goroutine: one that sleeps holds nobody up.
 */
import type { HttpRequest, HttpResponse } from '../../../../api/net.ts';
import type { System } from '../../../process/system.ts';
import type { Run, Step } from '../../../process/wait.ts';
import { asHttpRequest, toJson } from '../../http.ts';
import { flagOf, logLine, numberFlag } from '../flag.ts';
import { queryOf } from '../query.ts';

/** AdmissionReview or ConversionReview, as it came. */
export interface Review {
  readonly apiVersion?: string;
  readonly kind?: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a review holds objects of any kind.
  readonly request?: any;
}

/** Answers one call; it may wait. */
export type Endpoint = (request: HttpRequest, system: System) => Step<HttpResponse>;

const OK: HttpResponse = { status: 200, body: 'ok' };

/** Serves until a signal ends it. Without a readable certificate there is no server. */
export function* serveReviews(system: System, words: readonly string[], port: number, endpoints: Readonly<Record<string, Endpoint>>): Run {
  for (const flag of ['tls-cert-file', 'tls-private-key-file']) {
    const path = flagOf(words, flag) ?? '';
    if (system.files.read(path) !== undefined) continue;
    logLine(system, `open ${path}: no such file or directory`);
    return 255;
  }
  const fd = system.listen(numberFlag(words, 'port', port));
  if (typeof fd === 'string') {
    logLine(system, `panic: listen tcp :${numberFlag(words, 'port', port)}: bind: address already in use`);
    return 2;
  }
  for (const signal of ['TERM', 'INT'] as const) system.onSignal(signal, 'catch');
  for (;;) {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string' || 'interrupted' in exchange) return 2;
    const request = asHttpRequest(exchange.request);
    const path = queryOf(request?.path ?? '/').name;
    const endpoint = path === '/readyz' ? undefined : endpoints[path];
    if (request === undefined) system.answer(exchange, toJson({ status: 400, body: 'Client sent an HTTP request to an HTTPS server.\n' }));
    else if (endpoint === undefined) system.answer(exchange, toJson(path === '/readyz' ? OK : { status: 404, body: '404 page not found\n' }));
    else {
      system.spawn({
        argv: system.argv,
        *program(child): Run {
          child.answer(exchange, toJson(yield* endpoint(request, child)));
          return 0;
        },
      });
    }
  }
}

/** The review in a body; undefined when it is none of that kind. */
export function reviewOf(request: HttpRequest, group: string, kind: string): Review | undefined {
  try {
    const review = JSON.parse(request.body ?? '') as Review;
    return review.kind === kind && [`${group}/v1`, `${group}/v1beta1`].includes(review.apiVersion ?? '') ? review : undefined;
  } catch {
    return undefined;
  }
}

/** The review that answers: same kind and version, the request's uid. */
export function answerTo({ apiVersion, kind, request }: Review, response: Readonly<Record<string, unknown>>): HttpResponse {
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ kind, apiVersion, response: { uid: request?.uid, ...response } }) };
}

export const UNREADABLE: HttpResponse = { status: 400, body: 'Request could not be decoded\n' };
