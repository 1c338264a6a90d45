/**
 * Logs of every released format replay for ever. A new format adds logs here; none is ever taken away or made anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLAGS } from '../../src/log/flags.ts';
import { BROTLI, nodeSha256 } from '../../src/log/node.ts';
import { LogReader } from '../../src/log/reader.ts';
import { bytesSource } from '../../src/log/recover.ts';
import { LogWriter } from '../../src/log/writer.ts';
import type { Level } from '../../src/log/record.ts';
import { replay } from '../../src/replay/replay.ts';
import { bankHeader, buildBank } from '../engine/toy/bank.ts';
import { driveBank } from '../engine/toy/record.ts';

const folder = new URL('./', import.meta.url);
const names = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.ktlog')).sort();

/** `KUBETWIN_CORPUS=0.1.0 npx vitest run … properties/corpus` writes the logs of a release that is being made. */
const release = process.env['KUBETWIN_CORPUS'];
if (release !== undefined) {
  for (const level of ['inputs', 'facts', 'full'] as Level[]) {
    const chunks: Uint8Array[] = [];
    const header = bankHeader({ seed: release, level });
    const writer = new LogWriter({ write: (bytes) => void chunks.push(bytes.slice()) }, header, { codec: BROTLI, sha256: nodeSha256 });
    const kernel = buildBank(header, { seed: header.seed, level });
    kernel.setSink((record) => writer.append(record));
    driveBank(kernel);
    writer.close({ kind: 'idle' });
    writeFileSync(new URL(`${release}-${level}.ktlog`, folder), Buffer.concat(chunks), { flag: 'wx' });
  }
}

describe('the corpus', () => {
  it('has a log of each level for each release', () => {
    expect(names().length).toBeGreaterThanOrEqual(3);
    expect(names().length % 3).toBe(0);
  });

  it.each(names())('%s is sound and replays', (name) => {
    const log = new LogReader(bytesSource(new Uint8Array(readFileSync(new URL(name, folder)))), { codecs: [BROTLI], sha256: nodeSha256 });
    expect(log.verify().records).toBe(log.length);
    expect(replay(log, (header, options) => buildBank(header, options))).toEqual({ kind: 'same', records: log.length, hash: log.hash });
  });
});

describe('behaviour flags', () => {
  it('are numbered from 1 without gaps, and no number or name is used twice', () => {
    expect(FLAGS.map(({ number }) => number)).toEqual(FLAGS.map((_, index) => index + 1));
    expect(new Set(FLAGS.map(({ name }) => name)).size).toBe(FLAGS.length);
  });
});
