/**
 * `--scheduler-config`: one kube-scheduler for each file.
 */
import { readFileSync } from 'node:fs';
import { isLeft } from 'fp-ts/lib/Either.js';
import { parse } from 'yaml';
import { CliError, systemReason } from '../../../src/cli/exit.ts';
import { DEFAULT_CONFIG, type SchedulerSpec } from '../cluster/config.ts';
import { loadConfiguration } from '../scheduler/config/load.ts';
import { inTreeRegistry } from '../scheduler/config/registry.ts';

/** The schedulers that the files describe; the usual one when there are none. The first is called `kube-scheduler`, the next `kube-scheduler-2`. */
export function schedulersOf(paths: readonly string[] = []): readonly SchedulerSpec[] {
  if (paths.length === 0) return DEFAULT_CONFIG.schedulers;
  const registry = inTreeRegistry();
  return paths.map((path, i) => {
    const loaded = loadConfiguration(contentOf(path), registry);
    if (isLeft(loaded)) throw new CliError(`${path}: ${loaded.left}`);
    return { ...(i === 0 ? {} : { id: `kube-scheduler-${i + 1}` }), configuration: loaded.right };
  });
}

function contentOf(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CliError(`cannot read the scheduler configuration ${path}: ${systemReason(error)}`);
  }
}
