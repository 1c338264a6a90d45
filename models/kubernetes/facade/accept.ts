/**
 * Content negotiation: what form of an answer the `Accept` header asks for.
 *
 * Upstream: apiserver/pkg/endpoints/handlers/negotiation/negotiate.go.
 */

/** The form of an answer. */
export type Form =
  | { readonly form: 'json' }
  | { readonly form: 'yaml' }
  | { readonly form: 'table'; readonly version: 'v1' | 'v1beta1' }
  | { readonly form: 'partial'; readonly isList: boolean; readonly version: 'v1' | 'v1beta1' };

/** One media type with its parameters. */
export interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const JSON_FORM: Form = { form: 'json' };

/** The entries of an `Accept` header in the client's order; a quality of 0 drops an entry. */
export function mediaTypes(header: string | undefined): readonly MediaType[] {
  if (header === undefined || header.trim() === '') return [{ type: '*/*', parameters: {} }];
  return header
    .split(',')
    .map((entry) => {
      const [type = '', ...parts] = entry.split(';').map((part) => part.trim());
      const parameters = Object.fromEntries(parts.map((part) => part.split('=', 2)).filter((pair) => pair.length === 2)) as Record<string, string>;
      return { type: type.toLowerCase(), parameters };
    })
    .filter(({ type, parameters }) => type !== '' && Number(parameters['q'] ?? 1) !== 0);
}

const isJson = (type: string): boolean => type === 'application/json' || type === '*/*' || type === 'application/*';

function formOf({ type, parameters }: MediaType): Form | undefined {
  if (type === 'application/yaml') return { form: 'yaml' };
  if (!isJson(type)) return undefined;
  const { as, g: group, v: version = 'v1' } = parameters;
  if (as === undefined) return JSON_FORM;
  if (group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined;
  if (as === 'Table') return { form: 'table', version };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { form: 'partial', isList: as.endsWith('List'), version };
  return undefined;
}

/** The first form that the server can give, or undefined (406). */
export function negotiate(header: string | undefined): Form | undefined {
  for (const entry of mediaTypes(header)) {
    const form = formOf(entry);
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
