/**
 * The protobuf messages of the API: which number, name and type each field has.
 *
 * messages.json holds one line a message (`1 name string, 2 items [core.v1.Pod, 3 labels {string`); names are those of
 * JSON. Lists of kinds are all alike and not in the file. A test holds the file against the type table, so no kind and no
 * field is forgotten. Field numbers are facts of the API: the generated.proto files of k8s.io/api and its siblings.
 */
import table from './messages.json' with { type: 'json' };

/** How a field is read and written. */
export interface FieldRule {
  readonly id: number;
  /** Its name in JSON. */
  readonly name: string;
  /** A scalar's name or a message's. */
  readonly type: string;
  readonly shape: 'one' | 'list' | 'map';
  /** A message whose fields JSON has at the level of the message that holds it (an embedded Go struct). */
  readonly isInlined: boolean;
}

/** A message by the numbers and by the names of its fields. */
export interface MessageRules {
  readonly byId: ReadonlyMap<number, FieldRule>;
  readonly byName: ReadonlyMap<string, FieldRule>;
  readonly inlined: readonly FieldRule[];
}

const INLINED: readonly string[] = [
  'volumeSource',
  'persistentVolumeSource',
  'handler',
  'ephemeralContainerCommon',
  'localObjectReference',
  'ingressRuleValue',
  'rule',
  'ruleWithOperations',
];

const isMessage = (type: string): boolean => type.includes('.');

function rulesOf(text: string): MessageRules {
  const rules = text === '' ? [] : text.split(', ').map(ruleOf);
  return {
    byId: new Map(rules.map((rule) => [rule.id, rule])),
    byName: new Map(rules.filter(({ isInlined }) => !isInlined).map((rule) => [rule.name, rule])),
    inlined: rules.filter(({ isInlined }) => isInlined),
  };
}

function ruleOf(entry: string): FieldRule {
  const [id = '', name = '', code = ''] = entry.split(' ');
  const shape = code.startsWith('[') ? 'list' : code.startsWith('{') ? 'map' : 'one';
  const type = shape === 'one' ? code : code.slice(1);
  return { id: Number(id), name, shape, type, isInlined: shape === 'one' && isMessage(type) && INLINED.includes(name) };
}

const TEXTS: Readonly<Record<string, string>> = table;

function allRules(): ReadonlyMap<string, MessageRules> {
  const rules = new Map(Object.entries(TEXTS).map(([message, text]) => [message, rulesOf(text)]));
  for (const message of Object.keys(TEXTS)) {
    if (TEXTS[message]?.startsWith('1 metadata meta.v1.ObjectMeta') !== true) continue;
    const list = `${message}List`;
    if (!rules.has(list)) rules.set(list, rulesOf(`1 metadata meta.v1.ListMeta, 2 items [${message}`));
  }
  return rules;
}

const RULES = allRules();

/** The rules of a message, if there is one of that name. */
export const messageRules = (message: string): MessageRules | undefined => RULES.get(message);

/** Kinds that belong to every group. */
const META_KINDS: readonly string[] = [
  'APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'CreateOptions', 'DeleteOptions', 'ListOptions',
  'PartialObjectMetadata', 'PartialObjectMetadataList', 'PatchOptions', 'Status', 'UpdateOptions', 'WatchEvent',
];

/** `apps/v1`, `Deployment` -> `apps.v1.Deployment`; the group's first label names its package. */
export function messageOf(apiVersion: string, kind: string): string {
  if (META_KINDS.includes(kind)) return `meta.v1.${kind}`;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  return `${(group ?? '').split('.')[0] ?? ''}.${version ?? ''}.${kind}`;
}
