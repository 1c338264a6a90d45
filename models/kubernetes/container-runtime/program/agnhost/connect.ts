/** `agnhost connect HOST:PORT`: opens a connection; how it failed is one word that tests look for. */
import { parseDuration } from '../../../../../src/cli/duration.ts';
import type { System } from '../../process/system.ts';
import type { Run } from '../../process/wait.ts';
import { lookUp } from '../address.ts';
import { flagOf } from './flag.ts';

const TIMEOUT_US = 127_000_000;

export function* connect(system: System, words: readonly string[]): Run {
  const target = words.find((word) => !word.startsWith('-') && word.includes(':')) ?? '';
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(target) ?? [];
  if (port === '') return fail(system, `UNKNOWN: address ${target}: missing port in address`);
  const given = parseDuration(flagOf(words, 'timeout') ?? '') ?? 0;
  const timeoutUs = given === 0 ? TIMEOUT_US : given;
  const ip = (yield* lookUp(system, host))?.[0];
  if (ip === undefined) return fail(system, `DNS: lookup ${host}: no such host`);
  const result = yield* system.exchange(ip, Number(port), null, { timeoutUs });
  switch (result) {
    case 'refused':
      return fail(system, 'REFUSED');
    case 'timeout':
      return fail(system, 'TIMEOUT');
    case 'unreachable':
      return fail(system, `OTHER: dial tcp ${ip}:${port}: connect: no route to host`);
    case 'reset':
      return fail(system, `OTHER: dial tcp ${ip}:${port}: connect: connection reset by peer`);
    default:
      return 0;
  }
}

function fail(system: System, text: string): number {
  system.writeNow(2, `${text}\n`);
  return 1;
}
