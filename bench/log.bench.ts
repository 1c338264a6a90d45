/**
 * What logging costs: records a second into a sink that counts bytes, with canonical text, chain hash, SHA-256 and brotli;
 * and what reading costs. Run: `npx tsx bench/log.bench.ts [records]`.
 */
import { performance } from 'node:perf_hooks';
import { LogReader } from '../src/log/reader.ts';
import { LogWriter } from '../src/log/writer.ts';
import { makeHeader } from '../src/log/header.ts';
import { BROTLI, nodeSha256 } from '../src/log/node.ts';
import { bytesSource } from '../src/log/recover.ts';
import type { Level, LogRecord } from '../src/log/record.ts';

/** A record as a cluster leaves it: a status update of a Pod in every second step, a latency choice in every one. */
function record(seq: number): LogRecord {
  const pod = seq % 1000;
  const facts =
    seq % 2 === 1
      ? []
      : [
          {
            kind: 'etcd.put',
            data: {
              key: `/registry/pods/default/web-7d4f9c6b5-${pod}`,
              patch: {
                metadata: { resourceVersion: String(seq) },
                status: {
                  phase: 'Running',
                  podIP: `10.244.${pod % 250}.${seq % 250}`,
                  conditions: [
                    { type: 'Ready', status: seq % 4 === 0 ? 'True' : 'False', lastTransitionTime: '2024-01-01T00:00:00Z' },
                    { type: 'ContainersReady', status: 'True', lastTransitionTime: '2024-01-01T00:00:00Z' },
                  ],
                },
              },
              rev: seq,
            },
          },
        ];
  return {
    seq,
    time: seq * 137,
    via: 'message',
    actor: seq % 2 === 1 ? `kubelet/node-${seq % 100}` : 'etcd',
    kind: seq % 2 === 1 ? 'api.response' : 'etcd.request',
    cause: seq - 1 - (seq % 7),
    from: seq % 2 === 1 ? 'kube-apiserver' : `kubelet/node-${seq % 100}`,
    choices: [{ kind: 'latency', n: 400, value: (seq * 7919) % 400 }],
    facts,
    digest: Math.imul(seq % 97, 0x9e3779b1) >>> 0,
  };
}

function rate(name: string, count: number, work: () => string): void {
  const start = performance.now();
  const note = work();
  const seconds = (performance.now() - start) / 1000;
  console.log(`${name.padEnd(44)} ${Math.round(count / seconds).toLocaleString('en').padStart(12)} records/s   ${note}`);
}

const COUNT = Number(process.argv[2] ?? 300_000);
const made: LogRecord[] = [];
for (let i = 0; i < 20_000; i++) made.push(record(i));

function write(level: Level, chunks: Uint8Array[] | undefined, count: number, options: object): number {
  const writer = new LogWriter(
    { write: (bytes) => void chunks?.push(bytes) },
    makeHeader({ model: { name: 'bench', fingerprint: '0' }, config: null, seed: '1', level }),
    options,
  );
  for (let i = 0; i < count; i++) writer.append(i < made.length ? (made[i] as LogRecord) : { ...(made[i % made.length] as LogRecord), seq: i, time: i * 137 , cause: i - 1 });
  writer.close();
  return writer.bytes;
}

const native = { codec: BROTLI, sha256: nodeSha256 };
write('facts', undefined, 20_000, native);
for (const level of ['facts', 'inputs'] as const) {
  rate(`write, level ${level}, brotli + sha256`, COUNT, () => `${(write(level, undefined, COUNT, native) / COUNT).toFixed(1)} B a record`);
}
rate('write, level facts, raw, sha256 injected', COUNT, () => `${(write('facts', undefined, COUNT, { sha256: nodeSha256 }) / COUNT).toFixed(1)} B a record`);
rate('write, level facts, raw, plain sha256', COUNT, () => `${(write('facts', undefined, COUNT, {}) / COUNT).toFixed(1)} B a record`);

const chunks: Uint8Array[] = [];
write('facts', chunks, COUNT, native);
const file = Buffer.concat(chunks);
const options = { codecs: [BROTLI], sha256: nodeSha256 };
const open = performance.now();
const reader = new LogReader(bytesSource(file), options);
console.log(`open: ${(performance.now() - open).toFixed(2)} ms for ${reader.length} records`);
rate('verify (every hash)', COUNT, () => reader.verify().hash);
rate('skim (columns only)', COUNT, () => {
  let last = '';
  for (const view of reader.views()) for (let i = 0; i < view.count; i++) last = view.actorOf(i);
  return last;
});
rate('read (facts parsed)', COUNT, () => {
  let facts = 0;
  for (const one of reader.records()) facts += one.facts.length;
  return `${facts} facts`;
});
