/**
 * How the scale subresource reads and writes its parents.
 *
 * Scale is a projection: it holds spec.replicas, status.replicas and the serialised selector of the parent and writes
 * nothing but spec.replicas. Upstream: pkg/registry/apps/{deployment,replicaset,statefulset}/storage/storage.go and
 * pkg/registry/core/replicationcontroller/storage/storage.go (scaleFrom...).
 */
import { formatSelector, selectorFromSet, selectorOf } from '../../object/selector.ts';
import type { KubeObject } from '../../object/types.ts';
import type { ScaleInfo } from './kind.ts';

const withReplicas = (object: KubeObject, replicas: number): KubeObject =>
  object['spec']?.replicas === replicas ? object : { ...object, spec: { ...object['spec'], replicas } };

const replicas = (object: KubeObject): number => object['spec']?.replicas ?? 0;
const statusReplicas = (object: KubeObject): number => object['status']?.replicas ?? 0;

/** Deployment, ReplicaSet, StatefulSet. */
export const WORKLOAD_SCALE: ScaleInfo = {
  replicas,
  statusReplicas,
  selector: (object) => formatSelector(selectorOf(object['spec']?.selector)),
  withReplicas,
};

/** ReplicationController, whose selector is a plain map. */
export const CONTROLLER_SCALE: ScaleInfo = {
  ...WORKLOAD_SCALE,
  selector: (object) => formatSelector(selectorFromSet(object['spec']?.selector)),
};
