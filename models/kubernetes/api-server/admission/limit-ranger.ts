/**
 * LimitRanger: fills in requests and limits from the namespace's LimitRanges and refuses what lies outside of them.
 * Source: plugin/pkg/admission/limitranger/admission.go.
 */
import { type Either, right } from 'fp-ts/lib/Either.js';
import { quantityOf, quantityMilliValue } from '../../object/quantity.ts';
import type { core, KubeObject, LimitRange } from '../../object/types.ts';
import { forbidden, type Status } from '../status/status.ts';
import { isPod, nameForErrors, type AdmissionPlugin, type Attributes } from './plugin.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';
type Amounts = Readonly<Record<string, string>>;
type Item = core.LimitRangeItem & { readonly [field in 'default' | 'defaultRequest' | 'min' | 'max' | 'maxLimitRequestRatio']?: Amounts };

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles: ['CREATE', 'UPDATE'],
  resources: ['/pods', '/persistentvolumeclaims'],
  mutate(attributes): Either<Status, KubeObject> {
    const object = attributes.object as KubeObject;
    if (!isPod(attributes) || attributes.operation !== 'CREATE') return right(object);
    return right(itemsOf(attributes).reduce(fill, object));
  },
  validate(attributes): Status | undefined {
    const { info, object, operation, subresource } = attributes;
    const isClaim = info.group === '' && info.resource === 'persistentvolumeclaims' && subresource === '';
    if (object === undefined || !(isClaim || (isPod(attributes) && operation === 'CREATE'))) return undefined;
    const errors = itemsOf(attributes).flatMap((item) => (isClaim ? claimErrors(item, object) : podErrors(item, object)));
    if (errors.length === 0) return undefined;
    return forbidden(info, nameForErrors(attributes), errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]`);
  },
};

function itemsOf({ context, namespace }: Attributes): Item[] {
  const ranges = context.lookup.list({ group: '', resource: 'limitranges' }, namespace) as readonly LimitRange[];
  return ranges.flatMap(({ spec }) => (spec?.limits ?? []) as Item[]);
}

/** Defaults of one item for all containers, noted in an annotation. */
function fill(pod: KubeObject, item: Item): KubeObject {
  if (item.type !== 'Container') return pod;
  const notes: string[] = [];
  const merge = (container: core.Container, kind: string): core.Container => {
    const limits = missing(container.resources?.limits as Amounts | undefined, item.default);
    const requests = missing(container.resources?.requests as Amounts | undefined, item.defaultRequest);
    if (requests.names.length > 0) notes.push(`${requests.names.join(', ')} request for ${kind} ${container.name}`);
    if (limits.names.length > 0) notes.push(`${limits.names.join(', ')} limit for ${kind} ${container.name}`);
    if (limits.names.length + requests.names.length === 0) return container;
    const resources = { ...container.resources, ...(limits.all === undefined ? {} : { limits: limits.all }), ...(requests.all === undefined ? {} : { requests: requests.all }) };
    return { ...container, resources: resources as core.ResourceRequirements };
  };
  const spec = pod['spec'] as core.PodSpec;
  const containers = (spec.containers ?? []).map((container) => merge(container, 'container'));
  const initContainers = spec.initContainers?.map((container) => merge(container, 'init container'));
  if (notes.length === 0) return pod;
  const annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` };
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec: { ...spec, ...(spec.containers == null ? {} : { containers }), ...(initContainers === undefined ? {} : { initContainers }) } };
}

function missing(given: Amounts | undefined, defaults: Amounts | undefined): { readonly names: readonly string[]; readonly all: Amounts | undefined } {
  const names = Object.keys(defaults ?? {}).filter((name) => given?.[name] === undefined).sort((x, y) => (x < y ? -1 : 1));
  return { names, all: names.length === 0 ? given : { ...given, ...Object.fromEntries(names.map((name) => [name, (defaults as Amounts)[name] as string])) } };
}

function podErrors(item: Item, pod: KubeObject): string[] {
  const spec = pod['spec'] as core.PodSpec;
  const all = [...spec.containers, ...(spec.initContainers ?? [])];
  const requestsOf = ({ resources }: core.Container): Amounts => (resources?.requests ?? {}) as Amounts;
  const limitsOf = ({ resources }: core.Container): Amounts => (resources?.limits ?? {}) as Amounts;
  if (item.type === 'Container') return all.flatMap((container) => bounds(item, 'Container', requestsOf(container), limitsOf(container)));
  if (item.type !== 'Pod') return [];
  return bounds(item, 'Pod', total(spec, requestsOf), total(spec, limitsOf));
}

/** Sums over containers, at least the largest init container; in milli-units for exactness. */
function total(spec: core.PodSpec, amountsOf: (container: core.Container) => Amounts): Amounts {
  const sums = new Map<string, number>();
  for (const container of spec.containers) for (const [name, text] of Object.entries(amountsOf(container))) sums.set(name, (sums.get(name) ?? 0) + milli(text));
  for (const container of spec.initContainers ?? []) for (const [name, text] of Object.entries(amountsOf(container))) sums.set(name, Math.max(sums.get(name) ?? 0, milli(text)));
  return Object.fromEntries([...sums].map(([name, value]) => [name, value % 1000 === 0 ? String(value / 1000) : `${value}m`]));
}

function claimErrors(item: Item, claim: KubeObject): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = (claim['spec']?.resources?.requests ?? {}) as Amounts;
  return bounds(item, 'PersistentVolumeClaim', requests, {}, true);
}

function bounds(item: Item, type: string, requests: Amounts, limits: Amounts, isClaim = false): string[] {
  const errors: string[] = [];
  for (const [name, least] of sorted(item.min)) errors.push(...minimum(name, least, type, requests[name], limits[name]));
  for (const [name, most] of sorted(item.max)) errors.push(...maximum(name, most, type, requests[name], limits[name], isClaim));
  for (const [name, ratio] of sorted(item.maxLimitRequestRatio)) errors.push(...ratioError(name, ratio, type, requests[name], limits[name]));
  return errors;
}

const sorted = (amounts: Amounts | undefined): [string, string][] => Object.entries(amounts ?? {}).sort(([x], [y]) => (x < y ? -1 : 1));
const milli = (text: string): number => quantityMilliValue(quantityOf(text));

function minimum(name: string, least: string, type: string, request: string | undefined, limit: string | undefined): string[] {
  if (request === undefined) return [`minimum ${name} usage per ${type} is ${least}.  No request is specified`];
  if (milli(request) < milli(least)) return [`minimum ${name} usage per ${type} is ${least}, but request is ${request}`];
  return limit !== undefined && milli(limit) < milli(least) ? [`minimum ${name} usage per ${type} is ${least}, but limit is ${limit}`] : [];
}

function maximum(name: string, most: string, type: string, request: string | undefined, limit: string | undefined, isClaim: boolean): string[] {
  if (isClaim) return request !== undefined && milli(request) > milli(most) ? [`maximum ${name} usage per ${type} is ${most}, but request is ${request}`] : [];
  if (limit === undefined) return [`maximum ${name} usage per ${type} is ${most}.  No limit is specified`];
  if (milli(limit) > milli(most)) return [`maximum ${name} usage per ${type} is ${most}, but limit is ${limit}`];
  return request !== undefined && milli(request) > milli(most) ? [`maximum ${name} usage per ${type} is ${most}, but request is ${request}`] : [];
}

function ratioError(name: string, ratio: string, type: string, request: string | undefined, limit: string | undefined): string[] {
  if (request === undefined || milli(request) === 0) return [`${name} max limit to request ratio per ${type} is ${ratio}, but no request is specified or request is 0`];
  if (limit === undefined || milli(limit) === 0) return [`${name} max limit to request ratio per ${type} is ${ratio}, but no limit is specified or limit is 0`];
  const provided = milli(limit) / milli(request);
  return provided > milli(ratio) / 1000 ? [`${name} max limit to request ratio per ${type} is ${ratio}, but provided ratio is ${provided.toFixed(6)}`] : [];
}
