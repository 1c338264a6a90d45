/**
 * `--from FILE`: a real cluster's objects as a simulation's start, from `kubectl get … -o yaml` (or json) or from a recording.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import { CliError } from '../../../../src/cli/exit.ts';
import { importCluster, type Imported } from '../../cluster/import.ts';
import type { FinalLine, InitialLine } from '../../recording/format.ts';
import type { KubeObject } from '../../object/types.ts';
import { loadObjects } from '../load.ts';
import { readRecording } from './file.ts';

/** @throws CliError for a file that cannot be read, or an object of an unknown kind. */
export function importedFrom(path: string): Imported {
  const imported = importCluster(isRecording(path) ? lastOf(path) : loadObjects([path]).map(({ object }) => object));
  if (isLeft(imported)) throw new CliError(`${path}: ${imported.left}`);
  if ((imported.right.nodes as readonly KubeObject[]).length === 0) {
    throw new CliError(`${path}: there are no Nodes among the objects, so nothing could run; \`kubectl get nodes,ns,all,cm,secret,sa,pvc,pv -A -o yaml\` has them`);
  }
  return imported.right;
}

const isRecording = (path: string): boolean => /\.ndjson(\.gz)?$/.test(path);

/** How the recorded cluster ended; how it began, when the recording was cut off. */
function lastOf(path: string): readonly KubeObject[] {
  const lines = readRecording(path);
  const end = lines.findLast((line): line is FinalLine | InitialLine => line.rec === 'final' || line.rec === 'initial');
  return end?.objects ?? [];
}
