/**
 * Content negotiation: what form of an answer the `Accept` header asks for.
 *
 * Upstream: apiserver/pkg/endpoints/handlers/negotiation/negotiate.go, github.com/munnerz/goautoneg.
 */

/** How an answer is written. */
export type Encoding = 'json' | 'yaml' | 'protobuf';

/** The form of an answer: what is shown of the objects, and how it is written. */
export interface Form {
  readonly as: 'object' | 'table' | 'partial';
  readonly encoding: Encoding;
  /** Of `meta.k8s.io`, for tables and metadata. */
  readonly version: 'v1' | 'v1beta1';
}

/** One media type with its parameters. */
export interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export const JSON_FORM: Form = { as: 'object', encoding: 'json', version: 'v1' };

const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** The entries of an `Accept` header, the best quality first, then in the client's order; quality 0 drops an entry. */
export function mediaTypes(header: string | undefined): readonly MediaType[] {
  if (header === undefined || header.trim() === '') return [{ type: '*/*', parameters: {} }];
  return header
    .split(',')
    .map((entry) => {
      const [type = '', ...parts] = entry.split(';').map((part) => part.trim());
      const parameters = Object.fromEntries(parts.map((part) => part.split('=', 2)).filter((pair) => pair.length === 2)) as Record<string, string>;
      return { type: type.toLowerCase(), parameters };
    })
    .filter((entry) => entry.type !== '' && qualityOf(entry) > 0)
    .toSorted((a, b) => qualityOf(b) - qualityOf(a));
}

function qualityOf({ parameters }: MediaType): number {
  const quality = Number(parameters['q'] ?? 1);
  return Number.isNaN(quality) ? 1 : quality;
}

/** What the endpoint can give. */
export interface Offer {
  /** The objects have protobuf messages: built-in kinds do, custom ones do not. */
  readonly protobuf: boolean;
  /** A watch: YAML cannot be streamed. */
  readonly isWatch: boolean;
  /** The objects have columns: reviews have none. */
  readonly table: boolean;
}

function encodingOf(type: string, { protobuf, isWatch }: Offer): Encoding | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  if (type === PROTOBUF && protobuf) return 'protobuf';
  return type === 'application/yaml' && !isWatch ? 'yaml' : undefined;
}

function formOf({ type, parameters }: MediaType, offer: Offer): Form | undefined {
  const { as, g: group, v: version = 'v1' } = parameters;
  const encoding = encodingOf(type, as === undefined ? offer : { ...offer, protobuf: true });
  if (encoding === undefined) return undefined;
  if (as === undefined) return { ...JSON_FORM, encoding };
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (as === 'Table') return encoding === 'protobuf' || !offer.table ? undefined : { as: 'table', encoding, version };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { as: 'partial', encoding, version };
  return undefined;
}

/** The first form that the server can give, or undefined (406). */
export function negotiate(header: string | undefined, offer: Offer): Form | undefined {
  for (const entry of mediaTypes(header)) {
    const form = formOf(entry, offer);
    if (form !== undefined) return form;
  }
  return undefined;
}

/** The version of aggregated discovery that a client prefers, if it asks for one. */
export function aggregatedVersion(header: string | undefined): 'v2' | 'v2beta1' | undefined {
  for (const { type, parameters } of mediaTypes(header)) {
    if (type !== 'application/json') continue;
    if (parameters['as'] === undefined) return undefined;
    const isDiscovery = parameters['as'] === 'APIGroupDiscoveryList' && parameters['g'] === 'apidiscovery.k8s.io';
    if (isDiscovery && (parameters['v'] === 'v2' || parameters['v'] === 'v2beta1')) return parameters['v'];
  }
  return undefined;
}
