/**
 * The library: a deterministic Kubernetes cluster for tests and tools.
 */
export { createCluster, Simulation, type Convergence, type SimulationOptions } from './cluster/simulation.ts';
export { buildCluster } from './cluster/cluster.ts';
export { COMPONENTS, DEFAULT_CONFIG, DEFAULT_EPOCH, type ClusterConfig, type ClusterExtensions, type Component, type SchedulerSpec } from './cluster/config.ts';
export type { Review, WebhookHandler } from './cluster/webhook.ts';
export type { Work } from './cluster/work.ts';
export type { Program } from './container-runtime/process/wait.ts';
export type { System } from './container-runtime/process/system.ts';
export type { LoopCounters } from './client/control-loop.ts';
export { pendingReasons } from './cluster/convergence.ts';
export { parseManifests, describeError, type Manifest, type ManifestError } from './manifest/parse.ts';
export type { Cycle, Plugin as SchedulerPlugin } from './scheduler/framework/plugin.ts';
export { unschedulable, unresolvable } from './scheduler/framework/status.ts';
export type { SchedulerConfiguration } from './scheduler/config/configuration.ts';
export { controller, manager, watch, type Controller, type ControllerOrManager, type Manager, type ReconcileContext, type ReconcileResult, type Request, type Watch } from './operator/controller.ts';
export { kind, type CustomKind, type Kind } from './operator/kind.ts';
export { AlreadyOwnedError, ApiError, isAlreadyExistsError, isConflictError, isNotFoundError, ReconcileError, TerminalError } from './operator/api-error.ts';
export { createOrUpdate, hasFinalizer, isControlledBy, withController, withFinalizer, withoutFinalizer, type OperationResult } from './operator/owner.ts';
export { allOf, annotationsChanged, anyOf, generationChanged, labelsChanged, not, resourceVersionChanged, type ObjectEvent, type Predicate } from './operator/predicate.ts';
export type { DeleteOptions, Draft, ListOptions, ReconcileClient } from './operator/reconcile-client.ts';
export type { OperatorState } from './operator/operator.ts';
export type { Task } from './client/process.ts';
export type * from './object/types.ts';
export * from '../../src/index.ts';
