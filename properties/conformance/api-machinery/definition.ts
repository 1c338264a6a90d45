/** A CustomResourceDefinition as upstream's tests make one (test/utils/crd), and its removal. */
import type { Any, Client } from '../framework/client.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ANYTHING = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export interface Custom {
  readonly name: string;
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly versions: readonly Any[];
  /** The collection's path, in the first version unless another is asked for. */
  path(version?: string): string;
  remove(): void;
}

export interface CustomOptions {
  readonly versions?: readonly string[];
  readonly group?: string;
  readonly schema?: Any;
  readonly schemas?: Readonly<Record<string, Any>>;
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Any;
  /** Fields of each version, by its name. */
  readonly version?: (name: string) => Any;
}

export function customDefinition(k: Client, namespace: string, options: CustomOptions = {}): Custom {
  const suffix = k.uniqueName('crd');
  const kind = `E2e-test-${suffix}-crd`;
  const [singular, plural] = [kind.toLowerCase(), `${kind.toLowerCase()}s`];
  const group = options.group ?? `${suffix}.example.com`;
  const { versions: names = ['v1'], schema = ANYTHING, schemas = {}, scope = 'Namespaced' } = options;
  const versions = names.map((name, index) => ({ name, served: true, storage: index === 0, schema: { openAPIV3Schema: schemas[name] ?? schema }, ...options.version?.(name) }));
  const name = `${plural}.${group}`;
  k.post(DEFINITIONS, { metadata: { name, labels: options.labels }, spec: { group, scope, names: { plural, singular, kind, listKind: `${kind}List` }, versions, ...options.spec } });
  const place = (version: string): string => `/apis/${group}/${version}${scope === 'Namespaced' ? `/namespaces/${namespace}` : ''}/${plural}`;
  k.poll(() => k.get(`${DEFINITIONS}/${name}`).status.conditions?.some(({ type, status }: Any) => type === 'Established' && status === 'True') === true, 30, 0.1);
  k.poll(() => names.every((version) => k.request('GET', place(version)).code === 200), 30, 0.1);
  return { name, group, kind, plural, versions, path: (version = names[0] ?? 'v1') => place(version), remove: () => void k.delete(`${DEFINITIONS}/${name}`) };
}
