/**
 * CustomResourceDefinition: defaults, preparation, and what a write of one is checked for.
 * Source: apiextensions-apiserver/pkg/apis/apiextensions/v1/defaults.go, pkg/registry/customresourcedefinition/strategy.go.
 */
import type { KubeObject } from '../../object/types.ts';
import { sameJson } from '../validation/check.ts';
import { fill, put, type Json } from '../defaults/fill.ts';
import type { Strategy } from '../registry/kind.ts';
import { updateStrategy } from '../registry/strategy.ts';
import { bumpedWhen, keep, keepSpecAndMeta } from '../strategy/standard.ts';
import { conditionOf, type Definition } from './definition.ts';
import { validateDefinition, validateDefinitionNames, validateDefinitionUpdate } from './definition-validation.ts';

/** Names, conversion and what a webhook's service may leave out. */
export function defaultDefinition(object: KubeObject): KubeObject {
  const spec = object['spec'] as Json | undefined;
  if (spec === undefined) return object;
  const names = (spec['names'] as Json | undefined) ?? {};
  const kind = typeof names['kind'] === 'string' ? names['kind'] : '';
  const named = fill(names, kind === '' ? {} : { singular: kind.toLowerCase(), listKind: `${kind}List` });
  const conversion = fill((spec['conversion'] as Json | undefined) ?? {}, { strategy: 'None' });
  const service = conversion['webhook']?.['clientConfig']?.['service'] as Json | undefined;
  const filled = service === undefined ? conversion : { ...conversion, webhook: { ...conversion['webhook'], clientConfig: { ...conversion['webhook']['clientConfig'], service: fill(service, { port: 443 }) } } };
  const next = put(put(spec, 'names', sameJson(named, names) ? names : named), 'conversion', sameJson(filled, spec['conversion']) ? spec['conversion'] : filled);
  return put(object, 'spec', next);
}

/** A definition that nobody has accepted yet. */
function freshStatus(definition: Definition): Json {
  const storage = definition.spec.versions?.find((version) => version.storage);
  return { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: storage === undefined ? [] : [storage.name] };
}

/** The version that is stored now joins those that ever were. */
function withStoredVersion(definition: Definition): Definition {
  const storage = definition.spec.versions?.find((version) => version.storage);
  const stored = definition.status.storedVersions ?? [];
  if (storage === undefined || stored.includes(storage.name)) return definition;
  return { ...definition, status: { ...definition.status, storedVersions: [...stored, storage.name] } };
}

export const DEFINITION: Partial<Strategy> = {
  allowUnconditionalUpdate: false,
  prepareForCreate: (object) => ({ ...object, metadata: { ...object.metadata, generation: 1 }, status: freshStatus(object as Definition) }),
  validate: (object) => validateDefinition(object as Definition),
  prepareForUpdate: (next, old) => {
    const kept = withStoredVersion(keep(next, old, 'status') as Definition);
    return bumpedWhen(kept, old, !sameJson(next['spec'], old['spec']));
  },
  validateUpdate: (next, old) => validateDefinitionUpdate(next as Definition, old as Definition),
  subresources: {
    status: updateStrategy({
      prepareForUpdate: keepSpecAndMeta,
      validateUpdate: (next) => validateDefinitionNames((next as Definition).status.acceptedNames, 'status.acceptedNames'),
    }),
  },
};

/** The first DELETE: marked, held back by the cleanup finalizer, with a condition that says so (registry/customresourcedefinition/etcd.go). */
export const MARKED_FOR_DELETION = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionPending',
  message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
} as const;

/** Whether a definition is being deleted with all its objects. */
export const isTerminatingDefinition = (definition: Definition): boolean => conditionOf(definition, 'Terminating')?.status === 'True';
