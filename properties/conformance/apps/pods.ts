/** Questions about pods that upstream's tests ask (test/e2e/framework/pod). */
import type { Any, Client } from '../framework/client.ts';

export const isPodReady = ({ status }: Any): boolean => status.phase === 'Running' && (status.conditions ?? []).some(({ type, status: is }: Any) => type === 'Ready' && is === 'True');
export const imageOf = ({ spec }: Any): string => spec.containers[0].image;
export const isActive = ({ metadata, status }: Any): boolean => metadata.deletionTimestamp === undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed';

/** The pods of a namespace that a selector names. */
export const podsOf = (k: Client, namespace: string, labels: Any = {}): Any[] =>
  k.get(`/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(Object.entries(labels).map(([name, value]) => `${name}=${String(value)}`).join(','))}`).items;

export const conditionOf = ({ status }: Any, type: string): Any => (status.conditions ?? []).find((condition: Any) => condition.type === type);
