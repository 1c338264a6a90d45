/**
 * What a check of the Pod Security Standards is, and how its words are put together.
 * Source: pod-security-admission/policy/{checks,helpers,visitor}.go.
 */
import type { ObjectMeta } from '../../../object/types.ts';
import { goQuote } from '../../status/go-format.ts';

/** Parts of pod specs that the checks look at. */
export interface SecurityContext {
  readonly privileged?: boolean;
  readonly procMount?: string;
  readonly allowPrivilegeEscalation?: boolean;
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string };
  readonly seccompProfile?: { readonly type?: string };
  readonly appArmorProfile?: { readonly type?: string };
  readonly windowsOptions?: { readonly hostProcess?: boolean };
  readonly sysctls?: readonly { readonly name: string }[];
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly securityContext?: SecurityContext;
}

export interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly securityContext?: SecurityContext;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly os?: { readonly name?: string };
  readonly runtimeClassName?: string;
}

export type Meta = Partial<Pick<ObjectMeta, 'annotations'>>;

/** Why a pod violates a check: `reason (detail)`. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

export interface Check {
  readonly id: string;
  readonly level: 'baseline' | 'restricted';
  /** Baseline checks that this one makes superfluous. */
  readonly overrides?: readonly string[];
  /** The first minor version of Kubernetes 1 that has the check. */
  readonly since: number;
  readonly run: (spec: PodSpec, meta: Meta, minor: number) => Violation | undefined;
}

/** Init containers first, as upstream visits them. */
export const containersOf = ({ containers = [], initContainers = [], ephemeralContainers = [] }: PodSpec): readonly Container[] => [...initContainers, ...containers, ...ephemeralContainers];

export const plural = (one: string, many: string, count: number): string => (count === 1 ? one : many);
export const quoted = (names: readonly string[]): string => names.map(goQuote).join(', ');
/** `container "a"`, `containers "a", "b"`. */
export const named = (names: readonly string[]): string => `${plural('container', 'containers', names.length)} ${quoted(names)}`;
export const namesWhere = (spec: PodSpec, test: (container: Container) => boolean): string[] => containersOf(spec).filter(test).map(({ name }) => name);
export const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort();

/** The pod and those of its containers that set something: `pod and containers "a", "b"`. */
export const setters = (isPod: boolean, containers: readonly string[]): readonly string[] => [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [named(containers)] : [])];

export const isWindows = ({ os }: PodSpec): boolean => os?.name === 'windows';
