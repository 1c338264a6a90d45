/** The cross-check: a served simulation, driven over HTTP in paced real time by the oracle's own driver. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecording } from '../../models/kubernetes/cli/recording/file.ts';
import { ORACLE, recordedNodes, type Compare, type Comparison } from './run.ts';
import { program, served, settled } from './served.ts';

/** Plays one scenario over HTTP and compares. */
export async function fidelityOverHttp(scenario: string, compare: Compare, { seed = '1', speed, oracle = ORACLE }: { seed?: string; speed: number; oracle?: string }): Promise<Comparison> {
  const recording = join(oracle, 'recordings', `${scenario}.ndjson.gz`);
  const folder = mkdtempSync(join(tmpdir(), 'fidelity-'));
  const out = join(folder, 'simulated.ndjson.gz');
  try {
    await served(['--nodes-from', join(oracle, 'nodes.json'), '--seed', seed, '--speed', String(speed)], async (url) => {
      await settled(url, recordedNodes(oracle).length);
      await program(join(oracle, 'drive.mjs'), ['--server', url, '--speed', String(speed), '--recording', recording, '--out', out]);
    });
    return compare(readRecording(recording), readRecording(out));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
