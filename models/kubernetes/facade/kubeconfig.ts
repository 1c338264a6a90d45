/**
 * A kubeconfig for a served simulation, so that `kubectl --kubeconfig FILE` finds it.
 * Format: client-go/tools/clientcmd/api/v1/types.go.
 */
import { stringify } from 'yaml';

/** The file's text. */
export function kubeconfigFor(server: string, token?: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kubetwin', cluster: { server, ...(server.startsWith('https:') ? { 'insecure-skip-tls-verify': true } : {}) } }],
    users: [{ name: 'kubetwin', user: token === undefined ? {} : { token } }],
    contexts: [{ name: 'kubetwin', context: { cluster: 'kubetwin', user: 'kubetwin', namespace: 'default' } }],
    'current-context': 'kubetwin',
  });
}
