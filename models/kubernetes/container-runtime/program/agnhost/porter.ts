/** `agnhost porter`: serves the value of each variable `SERVE_PORT_<n>` (also TCP, TLS, UDP, SCTP) on that port. */
import type { HttpRequest } from '../../../api/net.ts';
import type { System } from '../../process/system.ts';
import type { Run } from '../../process/wait.ts';
import { asHttpRequest, toJson } from '../http.ts';
import { isOn, logLine } from './flag.ts';

export function* porter(system: System, words: readonly string[]): Run {
  const isJson = isOn(words, 'json-response');
  for (const [name, value] of system.environment) {
    const [, kind = '', port = ''] = /^SERVE_(?:(TCP|UDP|TLS|SCTP)_)?PORT_(\d+)$/.exec(name) ?? [];
    if (port === '') continue;
    const protocol = kind === 'UDP' ? 'UDP' : 'TCP';
    const fd = system.listen(Number(port), { protocol });
    if (typeof fd === 'string') logLine(system, `server on port "${port}" failed: listen tcp 0.0.0.0:${port}: bind: address already in use`);
    else system.spawn({ argv: system.argv, program: (child) => answerAll(child, fd, (request) => (isJson ? JSON.stringify({ Method: request?.method ?? '', Body: value }) : value)) });
  }
  yield { wait: 'signal' };
  return 0;
}

/** The type that Go's server finds in a body that has none (net/http, DetectContentType). */
const sniffed = (body: string): string => `${/^\s*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i.test(body) ? 'text/html' : 'text/plain'}; charset=utf-8`;

function* answerAll(system: System, fd: number, body: (request: HttpRequest | undefined) => string): Run {
  for (;;) {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string' || 'interrupted' in exchange) return 1;
    const request = asHttpRequest(exchange.request);
    const text = body(request);
    system.answer(exchange, request === undefined ? text : toJson({ status: 200, headers: { 'Content-Type': sniffed(text) }, body: text }));
  }
}
