/**
 * The user: applies manifests to the API server as `kubectl apply` does, and asks it questions.
 *
 * An actor like any other, so what people do is in the log with causes and effects. Manifests are applied in their order, one
 * after the other; what the server refuses is kept for the report. Source: kubectl/pkg/cmd/apply/apply.go.
 */
import type { ActorSpec, Json, Message } from '../../../src/index.ts';
import { Client } from '../client/client.ts';
import { processBehavior, type Process, type Task } from '../client/process.ts';
import { isNotFound, type Result, type Status } from '../client/result.ts';
import type { GroupVersionResource } from '../api/message.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, resourceOfDefinition } from '../client/discovery.ts';
import { NODES, SERVICE_ACCOUNTS } from '../client/resources.ts';
import type { KubeObject, Node } from '../object/types.ts';
import { unmet } from '../scenario/condition.ts';
import { describeCondition, type Condition, type Step } from '../scenario/scenario.ts';
import type { Read } from './convergence.ts';
import { lastApplied, threeWayPatch } from './last-applied.ts';

/** Finds the collection of a kind. */
export type ResourceOf = (apiVersion: string, kind: string) => { readonly resource: GroupVersionResource; readonly namespaced: boolean } | undefined;

export interface KubectlOptions {
  readonly servers: readonly string[];
  readonly manifests: readonly KubeObject[];
  readonly resourceOf: ResourceOf;
  /** How many nodes to wait for before the manifests are applied; a person would also look first. */
  readonly nodes: number;
  /** Whether to wait for the default service account, which the controller manager makes. */
  readonly awaitsServiceAccount: boolean;
  /** What the user does after that, one step after the other. */
  readonly script?: readonly Step[];
}

/** Asks the user to do something now; its sender may be a scenario, a trigger or a person. */
export interface KubectlCommand extends Message {
  readonly kind: 'kubectl';
  readonly action: 'apply' | 'delete' | 'patch';
  readonly object: KubeObject;
}

/** What the user has done so far. */
export interface KubectlState {
  applied: number;
  /** Commands that are not done yet. */
  running: number;
  isDone: boolean;
  readonly refusals: { readonly object: string; readonly status: Status }[];
  /** Custom kinds whose definitions the user has applied, as `group/Kind`. */
  readonly definitions: Set<string>;
  /** What the user waited for in vain; the script ends there. */
  failure?: string;
}

const CRD_KIND = 'CustomResourceDefinition';

/** The kinds that convergence is about, by their key prefix (`convergence.ts`). */
const KIND_OF_PREFIX: Readonly<Record<string, string>> = {
  deployments: 'Deployment', replicasets: 'ReplicaSet', statefulsets: 'StatefulSet', daemonsets: 'DaemonSet', jobs: 'Job', pods: 'Pod',
  'services/specs': 'Service', endpointslices: 'EndpointSlice', namespaces: 'Namespace',
};
const CONVERGENT_KINDS: readonly string[] = Object.values(KIND_OF_PREFIX);
const VERSIONS: readonly string[] = ['v1', 'apps/v1', 'batch/v1', 'discovery.k8s.io/v1', 'policy/v1', 'networking.k8s.io/v1', 'autoscaling/v2', 'storage.k8s.io/v1'];

/** How often the user looks whether what he waits for has come. */
const LOOK_EVERY = 500_000;

/** How long the user waits before asking a server again that did not answer. */
const RETRY_AFTER = 500_000;
const TRIES_MAX = 120;
const USER = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

/** The actor. */
export function kubectl(options: KubectlOptions): ActorSpec {
  return { id: 'kubectl', type: 'kubectl', behavior: processBehavior((process) => start(process, options)) };
}

/** What the user has done, by the process that is the actor's state. */
export const kubectlState = (process: Process): KubectlState => process.exposed as KubectlState;

function start(process: Process, options: KubectlOptions): void {
  const client = new Client(process, { servers: options.servers, user: USER, userAgent: 'kubectl/v1.32.0 (linux/amd64) kubernetes' });
  const state: KubectlState = { applied: 0, running: 0, isDone: false, refusals: [], definitions: new Set() };
  process.exposed = state;
  process.on<KubectlCommand>('kubectl', ({ action, object }) => process.go(perform(process, client, options, state, action, object)));
  process.go(applyAll(process, client, options, state));
}

function* applyAll(process: Process, client: Client, options: KubectlOptions, state: KubectlState): Task {
  yield* clusterIsUp(process, client, options);
  for (const object of options.manifests) yield* perform(process, client, options, state, 'apply', object);
  for (const [index, step] of (options.script ?? []).entries()) {
    yield* play(process, client, options, state, step, `step ${index + 1}`);
    if (state.failure !== undefined) break;
  }
  state.isDone = true;
  process.record('kubectl.done', { applied: state.applied, refused: state.refusals.length });
}

/** One step of a script. */
function* play(process: Process, client: Client, options: KubectlOptions, state: KubectlState, step: Step, name: string): Task {
  const begins = step.at ?? process.now + (step.after ?? 0);
  if (begins > process.now) yield* process.sleep('scenario', begins - process.now);
  if (step.do !== 'wait') {
    for (const object of step.objects) yield* perform(process, client, options, state, step.do, object);
    return;
  }
  process.record('scenario', { step: name, until: describeCondition(step.until) });
  const deadline = process.now + step.timeout;
  for (;;) {
    const why = unmet(step.until, yield* look(client, options, step.until), (kind) => kind);
    if (why === undefined) return;
    if (process.now >= deadline) {
      state.failure = `${name}: waited ${step.timeout / 1_000_000} s in vain until ${describeCondition(step.until)}: ${why}`;
      process.record('scenario.failed', { step: name, why });
      return;
    }
    yield* process.sleep('scenario.look', LOOK_EVERY);
  }
}

/** Reads over the API what a condition is about. */
function* look(client: Client, { resourceOf }: KubectlOptions, condition: Condition): Task<Read> {
  const kinds = 'converged' in condition ? CONVERGENT_KINDS : ['count' in condition ? condition.kind : (condition.object.split('/')[0] as string)];
  const lists = new Map<string, readonly KubeObject[]>();
  for (const kind of kinds) {
    const found = VERSIONS.map((version) => resourceOf(version, kind)).find((known) => known !== undefined);
    if (found === undefined) continue;
    const listed = yield* client.list<KubeObject>(found.resource);
    // A list names the kind of its items once; the sentences about them name it again.
    if (listed.ok) lists.set(kind, listed.object.items.map((item) => ({ ...item, kind })));
  }
  return (prefix) => lists.get(KIND_OF_PREFIX[prefix] ?? prefix) ?? [];
}

/** Waits until the nodes are Ready and pods may be created in `default`. Gives up after a minute and tries anyway. */
function* clusterIsUp(process: Process, client: Client, { nodes, awaitsServiceAccount }: KubectlOptions): Task {
  for (let tries = 1; tries < TRIES_MAX; tries++) {
    const account = awaitsServiceAccount ? yield* client.get(SERVICE_ACCOUNTS, 'default', 'default') : undefined;
    const listed = nodes === 0 ? undefined : yield* client.list<Node>(NODES);
    const ready = listed?.ok ? listed.object.items.filter(isReady).length : 0;
    if (account?.ok !== false && ready >= nodes) return;
    yield* process.sleep('kubectl.wait', RETRY_AFTER);
  }
}

const isReady = ({ status, spec }: Node): boolean =>
  (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True') &&
  !(spec.taints ?? []).some(({ key }) => key === 'node.kubernetes.io/not-ready');

function* perform(process: Process, client: Client, options: KubectlOptions, state: KubectlState, action: KubectlCommand['action'], object: KubeObject): Task {
  state.running++;
  yield* untilAnswered(process, client, options, state, action, object);
  state.running--;
}

/** Goes on until the server has said yes or no. */
function* untilAnswered(process: Process, client: Client, options: KubectlOptions, state: KubectlState, action: KubectlCommand['action'], object: KubeObject): Task {
  const name = `${object.kind.toLowerCase()}/${object.metadata.name ?? object.metadata.generateName ?? ''}`;
  if (object.kind === CRD_KIND && action !== 'delete') state.definitions.add(`${object['spec']?.group}/${object['spec']?.names?.kind}`);
  for (let tries = 1; ; tries++) {
    const result = yield* attempt(client, options, action, object);
    if (result.ok) {
      state.applied++;
      process.record('kubectl', { action, object: name });
      return;
    }
    const { status } = result;
    // A server that is starting, or a namespace's own objects that are still being made, are worth waiting for.
    const isPassing = status.code === 0 || status.code === 429 || status.code >= 500 || isBeingDefined(state, object, status);
    if (isPassing && tries < TRIES_MAX) {
      yield* process.sleep('kubectl.retry', RETRY_AFTER);
      continue;
    }
    state.refusals.push({ object: name, status });
    process.record('kubectl.refused', { action, object: name, status: status as unknown as Json });
    return;
  }
}

/** A custom kind whose definition the user has applied is there in a moment: worth waiting for. */
function isBeingDefined({ definitions }: KubectlState, { apiVersion, kind }: KubeObject, { reason }: Status): boolean {
  return (reason === 'NoKindMatch' || reason === 'NotFound') && definitions.has(`${apiVersion.split('/')[0]}/${kind}`);
}

/** Where objects of a custom kind live, as discovery would tell. */
function* customKind(client: Client, { apiVersion, kind }: KubeObject): Task<ReturnType<ResourceOf>> {
  const listed = yield* client.list(CUSTOM_RESOURCE_DEFINITIONS);
  if (!listed.ok) return undefined;
  const [group, version = ''] = apiVersion.split('/');
  for (const definition of listed.object.items) {
    const resource = resourceOfDefinition(definition);
    if (resource?.kind !== kind || resource.gvr.group !== group) continue;
    return { resource: { ...resource.gvr, version }, namespaced: resource.namespaced };
  }
  return undefined;
}

function* attempt(client: Client, { resourceOf }: KubectlOptions, action: KubectlCommand['action'], object: KubeObject): Task<Result> {
  const found = resourceOf(object.apiVersion, object.kind) ?? (object.apiVersion.includes('/') ? yield* customKind(client, object) : undefined);
  if (found === undefined) return { ok: false, status: noMatch(object) };
  const { resource, namespaced } = found;
  const namespace = namespaced ? (object.metadata.namespace ?? 'default') : undefined;
  const { name } = object.metadata;
  if (action === 'delete') return yield* client.delete(resource, namespace, name, { propagationPolicy: 'Background' });
  if (action === 'patch') return yield* client.patch(resource, namespace, name, 'application/merge-patch+json', object);
  const current: Result = name ? yield* client.get(resource, namespace, name) : { ok: false, status: noMatch(object) };
  if (current.ok) {
    const { type, patch } = threeWayPatch(current.object, object);
    const query = { fieldManager: 'kubectl-client-side-apply', fieldValidation: 'Strict' };
    return patch === undefined ? current : yield* client.patch(resource, namespace, name, type, patch, { query });
  }
  if (name && !isNotFound(current)) return current;
  const query = { fieldManager: 'kubectl-client-side-apply', fieldValidation: 'Strict' };
  return yield* client.create(resource, namespace, lastApplied(object), { query });
}

function noMatch({ kind, apiVersion }: KubeObject): Status {
  const message = `no matches for kind "${kind}" in version "${apiVersion}"`;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'NoKindMatch', code: 404 };
}
