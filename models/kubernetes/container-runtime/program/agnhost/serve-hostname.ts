/** `agnhost serve-hostname`: the pod's name over HTTP, TCP or UDP. It waits a minute after SIGTERM, as upstream's does. */
import type { System } from '../../process/system.ts';
import type { Run } from '../../process/wait.ts';
import { asHttpRequest, toJson } from '../http.ts';
import { isOn, logLine, numberFlag, remoteAddress } from './flag.ts';

const AWAIT_DELETION_US = 60_000_000;

export function* serveHostname(system: System, words: readonly string[]): Run {
  const port = numberFlag(words, 'port', 9376);
  const isTcp = isOn(words, 'tcp');
  const isUdp = isOn(words, 'udp');
  if (isOn(words, 'http', true) && (isTcp || isUdp)) {
    logLine(system, "Can't server TCP/UDP mode and HTTP mode at the same time");
    return 1;
  }
  const protocols = [...(isUdp ? (['UDP'] as const) : []), ...(isTcp || !isUdp ? (['TCP'] as const) : [])];
  for (const protocol of protocols) {
    const fd = system.listen(port, { protocol });
    if (typeof fd === 'string') {
      logLine(system, `listen tcp :${port}: bind: address already in use`);
      return 1;
    }
    system.spawn({ argv: system.argv, program: (child) => answerAll(child, fd, isTcp || isUdp ? protocol : 'HTTP') });
  }
  system.onSignal('TERM', 'catch');
  logLine(system, `Serving on port ${port}.`);
  yield* system.pause();
  logLine(system, 'Shutting down after receiving signal: terminated.');
  logLine(system, 'Awaiting pod deletion.');
  yield* system.sleep(AWAIT_DELETION_US);
  return 0;
}

function* answerAll(system: System, fd: number, mode: 'HTTP' | 'TCP' | 'UDP'): Run {
  for (;;) {
    const exchange = yield* system.accept(fd);
    if (typeof exchange === 'string' || 'interrupted' in exchange) return 1;
    logLine(system, `${mode} request from ${remoteAddress(exchange.fromIp, exchange.id)}`);
    const isHttp = mode === 'HTTP' && asHttpRequest(exchange.request) !== undefined;
    system.answer(exchange, isHttp ? toJson({ status: 200, body: system.hostname }) : system.hostname);
  }
}
