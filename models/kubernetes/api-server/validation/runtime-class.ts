/**
 * Validation of RuntimeClasses.
 * Upstream: pkg/apis/node/validation/validation.go.
 */
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { duplicate, invalidValue } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { goQuote, literal } from '../status/go-format.ts';
import { immutable } from './check.ts';
import { validateLabels } from './metadata.ts';
import { labelErrors } from './name.ts';
import { validateRequirements } from './quantity.ts';
import { validateTolerations } from './scheduling.ts';

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
  readonly tolerationSeconds?: number;
}

const identityText = ({ key = '', operator = '', value = '', effect = '' }: Toleration): string =>
  `Key:${goQuote(key)}, Operator:${goQuote(operator)}, Value:${goQuote(value)}, Effect:${goQuote(effect)}`;

/** Tolerations of a class are unique in all but their seconds. */
function uniqueTolerations(tolerations: readonly Toleration[], path: string): FieldError[] {
  const seen = new Set<string>();
  return tolerations.flatMap((toleration, at) => {
    const identity = identityText(toleration);
    if (!seen.has(identity)) {
      seen.add(identity);
      return [];
    }
    const seconds = toleration.tolerationSeconds === undefined ? 'nil' : '0xc000000000';
    return [duplicate(`${path}[${at}]`, literal(`core.Toleration{${identity}, TolerationSeconds:(*int64)(${seconds})}`))];
  });
}

/** validateScheduling. */
function validateScheduling(scheduling: Json, path: string): FieldError[] {
  const tolerations = (scheduling['tolerations'] as Toleration[] | undefined) ?? [];
  return [
    ...validateLabels(scheduling['nodeSelector'] as Readonly<Record<string, string>> | undefined, `${path}.nodeSelector`),
    ...validateTolerations(tolerations as readonly Json[], `${path}.tolerations`),
    ...uniqueTolerations(tolerations, `${path}.tolerations`),
  ];
}

/** ValidateRuntimeClass. The overhead is checked like the limits of a container. */
export function validateRuntimeClass(object: KubeObject): FieldError[] {
  const { handler = '', overhead, scheduling } = object as { handler?: string; overhead?: Json; scheduling?: Json };
  const errors: FieldError[] = labelErrors(handler).map((text) => invalidValue('handler', handler, text));
  if (overhead !== undefined) errors.push(...validateRequirements({ limits: overhead['podFixed'] as Json | undefined }, [], 'overhead'));
  return scheduling === undefined ? errors : [...errors, ...validateScheduling(scheduling, 'scheduling')];
}

export const validateRuntimeClassUpdate = (next: KubeObject, old: KubeObject): FieldError[] => [
  ...validateRuntimeClass(next),
  ...immutable(next['handler'], old['handler'], 'handler'),
];
