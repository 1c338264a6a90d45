/**
 * The header: everything that a run was made from, so that the log alone can make it again.
 *
 * It holds nothing about when or where the run was made (no wall clock, no paths), so equal runs have equal headers. Members
 * that this version does not know are kept; what a reader must know to read rightly is listed in `requires`, and a reader that
 * does not know one of these refuses and names the version that does.
 */
import { canonical, parse } from './canonical.ts';
import { FLAGS } from './flags.ts';
import { CorruptLog } from './frame.ts';
import type { Json, Level } from './record.ts';
import { upgradeHeader } from './upgrade.ts';

/** The version of the format that this code writes. */
export const FORMAT = 1;
/** The version of the engine that writes. */
export const ENGINE = '0.1.0';
/** Features that a log may require and that this reader has. */
const FEATURES: readonly string[] = ['blocks/1', 'levels/1'];

/** Something a reader must know, and the first version that does. */
export interface Requirement {
  readonly feature: string;
  readonly version: string;
}

/** Where a fork left its parent. */
export interface Parent {
  /** The chain hash of the parent after its record `seq - 1`: 16 hexadecimal digits. */
  readonly hash: string;
  /** The first record that may differ. */
  readonly seq: number;
}

export interface LogHeader {
  readonly format: number;
  readonly engine: string;
  readonly requires: readonly Requirement[];
  /** The numbered behaviours that were on (see flags.ts). */
  readonly flags: readonly number[];
  readonly model: { readonly name: string; readonly fingerprint: string };
  /** What the model was built from. */
  readonly config: Json;
  readonly seed: string;
  /** The faults and the scenario. */
  readonly plan: Json;
  readonly level: Level;
  /** Versions of what ran it, for people: `{ node: '20.20.2' }`. */
  readonly runtime: { readonly [name: string]: string };
  readonly parent?: Parent;
}

/** What a caller says about a run; the rest is the engine's. */
export interface HeaderFields {
  readonly model: { readonly name: string; readonly fingerprint: string };
  readonly config: Json;
  readonly seed: string;
  readonly plan?: Json;
  readonly level?: Level;
  readonly runtime?: { readonly [name: string]: string };
  readonly parent?: Parent;
}

/** A header of this version. */
export function makeHeader(fields: HeaderFields): LogHeader {
  return {
    format: FORMAT,
    engine: ENGINE,
    requires: FEATURES.map((feature) => ({ feature, version: ENGINE })),
    flags: FLAGS.map((flag) => flag.number),
    model: fields.model,
    config: fields.config,
    seed: fields.seed,
    plan: fields.plan ?? null,
    level: fields.level ?? 'facts',
    runtime: fields.runtime ?? {},
    ...(fields.parent === undefined ? {} : { parent: fields.parent }),
  };
}

/** Thrown for a sound log that this version cannot read. The message names the version that can. */
export class UnsupportedLog extends Error {
  override readonly name = 'UnsupportedLog';
  /** The first engine version that reads it. */
  readonly needs: string;

  constructor(what: string, needs: string) {
    super(`the log needs kubetwin ${needs} or newer: ${what}; this is ${ENGINE}`);
    this.needs = needs;
  }
}

/** A header as bytes. */
export function encodeHeader(header: LogHeader): Uint8Array {
  return new TextEncoder().encode(canonical(header));
}

/** Reads a header, upgrades it from older formats and refuses what it must not guess. */
export function decodeHeader(body: Uint8Array, offset: number): LogHeader {
  let raw: unknown;
  try {
    raw = parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new CorruptLog('the header is not JSON', offset, 0);
  }
  const found = raw as { [name: string]: unknown };
  const format = found['format'];
  const engine = typeof found['engine'] === 'string' ? found['engine'] : 'unknown';
  if (typeof format !== 'number') throw new CorruptLog('the header has no format', offset, 0);
  if (format > FORMAT) throw new UnsupportedLog(`its format is ${format} and this version reads up to ${FORMAT}`, engine);
  const header = upgradeHeader(found) as unknown as LogHeader;
  for (const requirement of header.requires) {
    if (!FEATURES.includes(requirement.feature)) {
      throw new UnsupportedLog(`it uses ${requirement.feature}`, requirement.version);
    }
  }
  for (const flag of header.flags) {
    if (!FLAGS.some((known) => known.number === flag)) throw new UnsupportedLog(`it ran with behaviour ${flag}`, engine);
  }
  return header;
}
