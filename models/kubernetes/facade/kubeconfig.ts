/**
 * A kubeconfig for one served simulation, so that `kubectl --kubeconfig FILE` works without further flags.
 */
import { stringify } from 'yaml';

const NAME = 'kubetwin';

/** The file's text. `certificate` is the PEM of the authority that signed the server's certificate, for TLS. */
export function kubeconfigFor(url: string, token?: string, certificate?: string): string {
  const authority = certificate === undefined ? {} : { 'certificate-authority-data': Buffer.from(certificate).toString('base64') };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: NAME, cluster: { server: url, ...authority } }],
    users: [{ name: NAME, user: token === undefined ? {} : { token } }],
    contexts: [{ name: NAME, context: { cluster: NAME, user: NAME } }],
    'current-context': NAME,
  });
}
