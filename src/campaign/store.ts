/**
 * The seed store: failing plans on disk, so that what was found once is tried first the next time.
 *
 * One file a model, one JSON line an entry, appended and synced as soon as a failure is known: ending the process at any moment loses
 * no recorded failure. Later lines replace earlier ones of the same plan and property. Plans that fail go first, then those that
 * failed once and pass now; among equals the fastest first (fewest steps).
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from './model.ts';

/** A plan that failed once. */
export interface StoredSeed {
  readonly property: string;
  readonly plan: Plan;
  /** Steps of the run until it failed. */
  readonly steps: number;
  /** The state of the source when it was run last: a commit, or whatever the caller names. */
  readonly revision: string;
  readonly state: 'failing' | 'passing';
}

/** How many passing entries are kept when a file is rewritten. */
const PASSING_MAX = 50;
/** How many failing ones of one property. */
const FAILING_MAX = 20;

export class SeedStore {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** All entries of a model, in the order in which they are to be tried. A torn last line is left out. */
  load(model: string): readonly StoredSeed[] {
    const lines = this.lines(model);
    const byKey = new Map<string, StoredSeed>();
    for (const line of lines) {
      const entry = parse(line);
      if (entry === undefined) continue;
      byKey.delete(keyOf(entry));
      byKey.set(keyOf(entry), entry);
    }
    const entries = kept([...byKey.values()].sort(inOrder));
    if (lines.length > 2 * entries.length + 10) this.rewrite(model, entries);
    return entries;
  }

  /** Notes an entry for good. Throws the system's error when it cannot be written. */
  note(model: string, entry: StoredSeed): void {
    mkdirSync(this.folder, { recursive: true });
    const file = openSync(this.path(model), 'a');
    try {
      // The line break goes first: it ends what a killed process may have left half-written.
      writeSync(file, `\n${JSON.stringify(entry)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Where a model's entries are. */
  path(model: string): string {
    return join(this.folder, `${model.replaceAll(/[^\w.-]+/g, '_')}.ndjson`);
  }

  private lines(model: string): readonly string[] {
    try {
      return readFileSync(this.path(model), 'utf8').split('\n').filter((line) => line !== '');
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return [];
      throw error;
    }
  }

  private rewrite(model: string, entries: readonly StoredSeed[]): void {
    const path = this.path(model);
    const file = openSync(`${path}.new`, 'w');
    try {
      writeSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${path}.new`, path);
  }
}

function keyOf({ property, plan }: StoredSeed): string {
  return JSON.stringify([property, plan]);
}

function inOrder(x: StoredSeed, y: StoredSeed): number {
  if (x.state !== y.state) return x.state === 'failing' ? -1 : 1;
  return x.steps - y.steps || (keyOf(x) < keyOf(y) ? -1 : 1);
}

function kept(entries: readonly StoredSeed[]): readonly StoredSeed[] {
  const counts = new Map<string, number>();
  return entries.filter(({ state, property }) => {
    const name = state === 'failing' ? `failing ${property}` : 'passing';
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count <= (state === 'failing' ? FAILING_MAX : PASSING_MAX);
  });
}

function parse(line: string): StoredSeed | undefined {
  try {
    const entry = JSON.parse(line) as StoredSeed;
    const isWhole = typeof entry.property === 'string' && typeof entry.plan?.seed === 'string' && typeof entry.steps === 'number';
    return isWhole ? entry : undefined;
  } catch {
    return undefined;
  }
}
