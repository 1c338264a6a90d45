/**
 * Pods from templates: what every workload controller creates, and the events that say so.
 *
 * Source: pkg/controller/controller_utils.go (GetPodFromTemplate, RealPodControl).
 */
import type { core, KubeObject, OwnerReference, Pod } from '../object/types.ts';
import type { Client } from './client.ts';
import type { EventRecorder } from './event-recorder.ts';
import { failure, failureOf, isNamespaceTerminating, type Err } from './failure.ts';
import type { Task } from './process.ts';
import { PODS } from './resources.ts';

/** A pod as it is sent to be created: without what the server adds. */
export interface PodDraft {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: core.PodSpec;
}

/** What of a template goes into a pod. */
export type Template = Readonly<core.PodTemplateSpec>;

/** `getPodsPrefix`: the name and a dash, if that is still a valid prefix of pod names. */
export function podsPrefix(controllerName: string): string {
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(controllerName) && controllerName.length + 1 <= 253 ? `${controllerName}-` : controllerName;
}

/** A pod made from a template for its controller. `extra` adds to or replaces parts of its metadata. */
export function podFromTemplate(template: Template, parent: KubeObject, ref: OwnerReference | undefined, extra: Readonly<Record<string, unknown>> = {}): PodDraft {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: podsPrefix(parent.metadata.name),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...(ref === undefined ? {} : { ownerReferences: [ref] }),
      ...extra,
    },
    spec: template.spec as core.PodSpec,
  };
}

/** Creates and deletes pods for controllers, with their events (`RealPodControl`). */
export class PodControl {
  private readonly client: Client;
  private readonly recorder: EventRecorder;

  constructor(client: Client, recorder: EventRecorder) {
    this.client = client;
    this.recorder = recorder;
  }

  /** Creates a pod; refuses drafts without labels, which no selector could find again. */
  *create(draft: PodDraft, parent: KubeObject): Task<Err> {
    const labels = draft.metadata['labels'] as Record<string, string> | undefined;
    if (labels === undefined || Object.keys(labels).length === 0) return failure('unable to create pods, no labels');
    const result = yield* this.client.create<Pod>(PODS, parent.metadata.namespace, draft);
    const error = failureOf(result);
    if (result.ok) this.recorder.event(parent, 'Normal', 'SuccessfulCreate', `Created pod: ${result.object.metadata.name}`);
    else if (!isNamespaceTerminating(error)) this.recorder.event(parent, 'Warning', 'FailedCreate', `Error creating: ${error?.message ?? ''}`);
    return error;
  }

  /** Deletes a pod, without a precondition. A pod that is gone yields the NotFound failure, without an event. */
  *delete(namespace: string, name: string, parent: KubeObject): Task<Err> {
    const error = failureOf(yield* this.client.delete(PODS, namespace, name));
    if (error === undefined) this.recorder.event(parent, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    else if (error.status?.reason === 'NotFound') return error;
    else this.recorder.event(parent, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`);
    return error;
  }

  *patch(namespace: string, name: string, body: unknown): Task<Err> {
    return failureOf(yield* this.client.patch(PODS, namespace, name, 'application/strategic-merge-patch+json', body));
  }
}
