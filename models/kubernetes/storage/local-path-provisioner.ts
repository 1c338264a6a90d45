/**
 * The local path provisioner: the default StorageClass `standard` of a simulated cluster, as clusters made with kind have it.
 *
 * A volume is a directory on the node that the claim's first pod was scheduled to, and keeps its pods there; what was written outlives pods.
 * Upstream makes and deletes the directory with helper pods; here that only takes time. Source: github.com/rancher/local-path-provisioner
 * (provisioner.go), sigs.k8s.io/kind/pkg/build/nodeimage/const_storage.go.
 */
import { serviceAccountUser } from '../api/service-account.ts';
import type { ActorSpec } from '../../../src/index.ts';
import { Client } from '../client/client.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import type { Err } from '../client/failure.ts';
import { processBehavior, type Process, type Task } from '../client/process.ts';
import { STORAGE_CLASSES } from '../client/resources.ts';
import { isAlreadyExists } from '../client/result.ts';
import { SharedInformerFactory } from '../client/shared-informer.ts';
import type { PersistentVolumeClaim, Node } from '../object/types.ts';
import { type Backend, ProvisionController, type Provisioned } from './provisioner.ts';

export const LOCAL_PATH = 'rancher.io/local-path';
const ID = 'local-path-provisioner';
const FOLDER = '/var/local-path-provisioner';
const MODES = ['ReadWriteOnce', 'ReadWriteOncePod'];
const RETRY_AFTER = 1_000_000;

interface WorkTime {
  readonly min: number;
  readonly max: number;
}

export interface ProvisionerOptions {
  readonly servers: readonly string[];
  /** The cluster's epoch, ms. */
  readonly epoch: number;
  /** How long making or deleting a directory takes, µs: from and below. */
  readonly workTime: WorkTime;
}

/** The actor. */
export function localPathProvisioner(options: ProvisionerOptions): ActorSpec {
  return { id: ID, type: ID, behavior: processBehavior((process) => main(process, options)) };
}

function main(process: Process, { servers, epoch, workTime }: ProvisionerOptions): void {
  const user = serviceAccountUser('local-path-storage', `${ID}-service-account`);
  const client = new Client(process, { servers, user, userAgent: ID });
  const factory = new SharedInformerFactory(process, client);
  const recorder = new EventRecorder(process, client, { component: `${LOCAL_PATH}_${ID}`, epoch });
  new ProvisionController(process, client, recorder, factory, {
    name: LOCAL_PATH,
    provision: (order) => provision(process, workTime, order),
    destroy: () => work(process, workTime),
  });
  factory.start();
  process.go(makeClass(process, client));
}

function* provision(process: Process, workTime: WorkTime, { claim, node, volume }: Parameters<Backend['provision']>[0]): Task<Provisioned> {
  const problem = problemOf(claim, node);
  if (problem !== undefined || node === undefined) return { problem: problem ?? '' };
  yield* work(process, workTime);
  return directory(claim, node, volume);
}

function* work(process: Process, { min, max }: WorkTime): Task<Err> {
  yield* process.sleep('helper', min + process.choose('helper', Math.max(1, max - min)));
  return undefined;
}

function problemOf({ spec }: PersistentVolumeClaim, node: Node | undefined): string | undefined {
  if (spec.selector !== undefined) return 'claim.Spec.Selector is not supported';
  if ((spec.accessModes ?? []).some((mode) => !MODES.includes(mode))) return 'NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes';
  return node === undefined ? 'configuration error, no node was specified' : undefined;
}

function directory({ metadata: { namespace = '', name } }: PersistentVolumeClaim, node: Node, volume: string) {
  const hostname = node.metadata.labels?.['kubernetes.io/hostname'] ?? node.metadata.name;
  return {
    annotations: { 'local.path.provisioner/selected-node': node.metadata.name },
    spec: {
      hostPath: { path: `${FOLDER}/${volume}_${namespace}_${name}`, type: 'DirectoryOrCreate' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [hostname] }] }] } },
    },
  };
}

/** Makes the default class once the server answers. */
function* makeClass(process: Process, client: Client): Task {
  const metadata = { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } };
  const body = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata, provisioner: LOCAL_PATH, reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer' };
  for (;;) {
    const made = yield* client.create(STORAGE_CLASSES, undefined, body);
    if (made.ok || isAlreadyExists(made)) return;
    yield* process.sleep('class', RETRY_AFTER);
  }
}
