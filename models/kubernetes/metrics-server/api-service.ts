/**
 * How an aggregated API makes itself known: its APIService, and that it is available.
 *
 * Source: sigs.k8s.io/metrics-server/manifests/base/apiservice.yaml, kube-aggregator/pkg/controllers/status/remote.
 */
import type { Client } from '../client/client.ts';
import type { Process, Task } from '../client/process.ts';
import { isAlreadyExists } from '../client/result.ts';
import type { GroupVersionResource } from '../api/message.ts';

const API_SERVICES: GroupVersionResource = Object.freeze({ group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' });
const RETRY_AFTER = 1_000_000;

/** The three metrics APIs: group and version. */
export const METRICS_APIS = Object.freeze([
  { group: 'metrics.k8s.io', version: 'v1beta1' },
  { group: 'custom.metrics.k8s.io', version: 'v1beta2' },
  { group: 'external.metrics.k8s.io', version: 'v1beta1' },
] as const);

export function* registerApis(process: Process, client: Client, apis: readonly { readonly group: string; readonly version: string }[]): Task {
  for (const { group, version } of apis) {
    const name = `${version}.${group}`;
    const spec = { group, version, service: { name: 'metrics-server', namespace: 'kube-system', port: 443 }, insecureSkipTLSVerify: true, groupPriorityMinimum: 100, versionPriority: 100 };
    for (;;) {
      const made = yield* client.create(API_SERVICES, undefined, { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name }, spec });
      if (made.ok || isAlreadyExists(made)) break;
      yield* process.sleep('apiservice', RETRY_AFTER);
    }
    const found = yield* client.get(API_SERVICES, undefined, name);
    if (!found.ok) continue;
    const condition = { type: 'Available', status: 'True', lastTransitionTime: found.object.metadata.creationTimestamp, reason: 'Passed', message: 'all checks passed' };
    yield* client.updateStatus(API_SERVICES, { ...found.object, status: { conditions: [condition] } });
  }
}
