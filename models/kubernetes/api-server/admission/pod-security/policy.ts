/**
 * Which levels a namespace asks for, by its labels, and what a pod violates of a level.
 * Source: pod-security-admission/{api/helpers.go,policy/registry.go}.
 */
import { invalidValue, type FieldError } from '../../status/field-error.ts';
import { BASELINE } from './baseline.ts';
import type { Meta, PodSpec, Violation } from './check.ts';
import { RESTRICTED } from './restricted.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';
export const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted'];
export const MODES = ['enforce', 'audit', 'warn'] as const;
export type Mode = (typeof MODES)[number];

export interface LevelVersion {
  readonly level: Level;
  /** `latest` or `v1.N`. */
  readonly version: string;
}

export type Policy = Readonly<Record<Mode, LevelVersion>>;

const PREFIX = 'pod-security.kubernetes.io/';
const LATEST = 'latest';

export const levelText = ({ level, version }: LevelVersion): string => `${level}:${version}`;

const isVersion = (text: string): boolean => text === LATEST || /^v1\.(?:0|[1-9]\d*)$/.test(text);

type Labels = Readonly<Record<string, string>>;

interface LabelledPolicy {
  readonly policy: Policy;
  readonly errors: readonly FieldError[];
}

const NO_LABELS: Labels = Object.freeze({});
/** By labels: every pod of a namespace asks for the same. */
const known = new WeakMap<Labels, LabelledPolicy>();

/** The policy of a namespace, and what is wrong with its labels; a level that cannot be read counts as restricted for enforce. */
export function policyOf(labels: Labels = NO_LABELS): LabelledPolicy {
  let found = known.get(labels);
  if (found === undefined) known.set(labels, (found = readPolicy(labels)));
  return found;
}

function readPolicy(labels: Labels): LabelledPolicy {
  const errors: FieldError[] = [];
  const policy = {} as Record<Mode, LevelVersion>;
  for (const mode of MODES) {
    const level = labels[`${PREFIX}${mode}`];
    const version = labels[`${PREFIX}${mode}-version`];
    const isKnown = level === undefined || (LEVELS as readonly string[]).includes(level);
    if (!isKnown) errors.push(invalidValue(`metadata.labels[${PREFIX}${mode}]`, level, `must be one of ${LEVELS.join(', ')}`));
    if (version !== undefined && !isVersion(version)) errors.push(invalidValue(`metadata.labels[${PREFIX}${mode}-version]`, version, 'must be "latest" or "v1.x"'));
    // Unreadable levels fail safe: enforce blocks what restricted would, the others do nothing.
    const fallback: Level = mode === 'enforce' ? 'restricted' : 'privileged';
    policy[mode] = { level: isKnown ? ((level as Level | undefined) ?? 'privileged') : fallback, version: version !== undefined && isVersion(version) ? version : LATEST };
  }
  // Who enforces without a word on warnings is warned of what would be refused later.
  const { enforce, warn } = policy;
  const isSet = (mode: Mode): boolean => labels[`${PREFIX}${mode}`] !== undefined;
  if (!isSet('warn') && isSet('enforce') && LEVELS.indexOf(enforce.level) > LEVELS.indexOf(warn.level) && errors.length === 0) {
    policy.warn = { level: enforce.level, version: labels[`${PREFIX}warn-version`] === undefined ? enforce.version : warn.version };
  }
  return { policy, errors };
}

/** All violations of a level; baseline ones first. */
export function violations({ level, version }: LevelVersion, spec: PodSpec, meta: Meta): readonly Violation[] {
  if (level === 'privileged') return [];
  const minor = version === LATEST ? Infinity : Number(version.slice('v1.'.length));
  const strict = level === 'restricted' ? RESTRICTED.filter(({ since }) => since <= minor) : [];
  const overridden = new Set(strict.flatMap(({ overrides = [] }) => overrides));
  const checks = [...BASELINE.filter(({ id, since }) => since <= minor && !overridden.has(id)), ...strict];
  return checks.flatMap((check) => check.run(spec, meta, minor) ?? []);
}

/** `reason (detail), reason (detail)`. */
export const detailText = (found: readonly Violation[]): string => found.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');
export const reasonText = (found: readonly Violation[]): string => found.map(({ reason }) => reason).join(', ');
