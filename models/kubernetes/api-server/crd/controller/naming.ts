/**
 * Accepts the names of a definition, or says with which other definition they collide.
 *
 * Names are given away in the order in which definitions were accepted; what is taken by somebody else is refused, the
 * rest is accepted. Source: apiextensions-apiserver/pkg/controller/status/naming_controller.go.
 */
import type { Task } from '../../../client/process.ts';
import type { Services } from '../../handlers/services.ts';
import { sameJson } from '../../validation/check.ts';
import { conditionOf, DEFINITIONS, isConditionTrue, withCondition, type Definition, type Names } from '../definition.ts';
import { updateDefinition } from './definition-update.ts';

/** Brings acceptedNames and the conditions NamesAccepted and Established (as far as names go) up to date. */
export function* acceptNames(services: Services, name: string): Task {
  const others = services.storage.list(DEFINITIONS, '') as readonly Definition[];
  const current = services.storage.get(DEFINITIONS, '', name) as Definition | undefined;
  if (current === undefined || judged(current, others, '') === current) return;
  yield* updateDefinition(services, name, (definition, now) => judged(definition, services.storage.list(DEFINITIONS, '') as readonly Definition[], now));
}

/** The definition with its names judged; itself when nothing changes. */
export function judged(definition: Definition, all: readonly Definition[], now: string): Definition {
  const { group, names } = definition.spec;
  const before: Names = definition.status.acceptedNames ?? { plural: '', kind: '' };
  const others = all.filter((other) => other.spec.group === group && other.metadata.name !== definition.metadata.name);
  const resources = new Set(others.flatMap(({ status: { acceptedNames: accepted } }) => [accepted?.plural, accepted?.singular, ...(accepted?.shortNames ?? [])]));
  const kinds = new Set(others.flatMap(({ status: { acceptedNames: accepted } }) => [accepted?.kind, accepted?.listKind]));
  const refusals: [reason: string, message: string][] = [];
  const accept = (value: string | undefined, taken: ReadonlySet<string | undefined>, fallback: string | undefined, reason: string): string | undefined => {
    if (!value || !taken.has(value)) return value;
    refusals.push([reason, `"${value}" is already in use`]);
    return fallback;
  };
  const plural = accept(names.plural, resources, before.plural, 'PluralConflict') ?? '';
  const singular = accept(names.singular, resources, before.singular, 'SingularConflict');
  const taken = (names.shortNames ?? []).filter((short) => resources.has(short));
  if (taken.length > 0) refusals.push(['ShortNamesConflict', taken.length === 1 ? `"${taken[0]}" is already in use` : `[${taken.map((short) => `"${short}" is already in use`).join(', ')}]`]);
  const shortNames = taken.length > 0 ? before.shortNames : names.shortNames;
  const kind = accept(names.kind, kinds, before.kind, 'KindConflict') ?? '';
  const listKind = accept(names.listKind, kinds, before.listKind, 'ListKindConflict');
  const accepted: Names = {
    plural,
    ...(singular ? { singular } : {}),
    ...(shortNames === undefined || shortNames.length === 0 ? {} : { shortNames }),
    kind,
    ...(listKind ? { listKind } : {}),
    ...(names.categories === undefined || names.categories.length === 0 ? {} : { categories: names.categories }),
  };
  const [last] = refusals.slice(-1);
  const named: Definition = sameJson(accepted, before) ? definition : { ...definition, status: { ...definition.status, acceptedNames: accepted } };
  let next = conditioned(named, { type: 'NamesAccepted', status: last === undefined ? 'True' : 'False', reason: last?.[0] ?? 'NoConflicts', message: last?.[1] ?? 'no conflicts found' }, now);
  if (isConditionTrue(next, 'Established')) return next;
  if (last !== undefined) next = conditioned(next, { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }, now);
  else next = conditioned(next, { type: 'Established', status: 'False', reason: 'Installing', message: 'the initial names have been accepted' }, now);
  return next;
}

/** Sets a condition unless it says just that already. */
function conditioned(definition: Definition, wanted: Parameters<typeof withCondition>[1], now: string): Definition {
  const old = conditionOf(definition, wanted.type);
  const isSame = old !== undefined && old.status === wanted.status && old.reason === wanted.reason && old.message === wanted.message;
  return isSame ? definition : withCondition(definition, wanted, now);
}
