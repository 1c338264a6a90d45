/**
 * What of an object's state counts as a step of its life, as text: two states that look the same are one step.
 *
 * Pods by phase, conditions and containers; endpoints by how many are ready, since which of several pods comes first is a race.
 */
import type { KubeObject } from '../object/types.ts';

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly state?: Readonly<Record<string, { readonly reason?: string; readonly exitCode?: number }>>;
  readonly lastState?: ContainerStatus['state'];
}

interface PodLike {
  readonly spec: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface EndpointsLike {
  readonly addressType?: string;
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[] | null;
  readonly endpoints?: readonly { readonly conditions?: unknown }[] | null;
  readonly subsets?: readonly { readonly addresses?: readonly unknown[]; readonly notReadyAddresses?: readonly unknown[]; readonly ports?: EndpointsLike['ports'] }[];
}

const portsText = (ports: EndpointsLike['ports']): string => (ports ?? []).map(({ name, port, protocol }) => `${name ?? ''}:${port}/${protocol}`).join(',');

/** The appearance of the kinds that have a form of their own; undefined for all others. */
export function appearanceOf(object: KubeObject): string | undefined {
  switch (object.kind) {
    case 'Pod':
      return podAppearance(object);
    case 'EndpointSlice': {
      const { addressType, ports, endpoints } = object as unknown as EndpointsLike;
      return [addressType, portsText(ports), ...(endpoints ?? []).map(({ conditions }) => JSON.stringify(conditions ?? {})).sort()].join(' ');
    }
    case 'Endpoints': {
      const { subsets } = object as unknown as EndpointsLike;
      return (subsets ?? []).map(({ addresses = [], notReadyAddresses = [], ports }) => `${addresses.length} ready, ${notReadyAddresses.length} not, ${portsText(ports)}`).join('; ');
    }
    default:
      return undefined;
  }
}

function podAppearance(object: KubeObject): string {
  const { spec, status = {} } = object as unknown as PodLike;
  const conditions = (status.conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value}${reason === undefined ? '' : `(${reason})`}`).sort();
  return [
    status.phase ?? '',
    status.reason ?? '',
    spec.nodeName ? 'bound' : 'unbound',
    object.metadata.deletionTimestamp === undefined ? '' : 'deleting',
    conditions.join(','),
    ...[...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map(containerAppearance),
  ].filter((part) => part !== '').join(' ');
}

function containerAppearance({ name, ready, started, restartCount, state, lastState }: ContainerStatus): string {
  const words = (label: string, states: ContainerStatus['state'] = {}): string[] =>
    Object.entries(states).map(([kind, { reason, exitCode }]) => `${label}${kind}${reason === undefined ? '' : `:${reason}`}${exitCode === undefined ? '' : `:${exitCode}`}`);
  return `${name}[${[ready ? 'ready' : 'unready', started === undefined ? '' : started ? 'started' : 'unstarted', `×${restartCount}`, ...words('', state), ...words('last ', lastState)].filter((part) => part !== '').join(' ')}]`;
}
