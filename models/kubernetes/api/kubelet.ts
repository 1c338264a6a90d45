/**
 * The kubelet's own API (port 10250), as kube-apiserver uses it for `kubectl logs`, `exec`, `attach`, `port-forward`, and
 * for the proxy subresource of nodes.
 */

/** kube-apiserver -> kubelet. All but `logs` without `follow` and `get` open a stream (api/stream.ts). */
export interface KubeletRequest {
  readonly kind: 'kubelet.request';
  readonly id: number;
  readonly verb: 'logs' | 'exec' | 'attach' | 'port-forward' | 'get';
  readonly namespace: string;
  readonly pod: string;
  /** Empty: the only container, or the first. */
  readonly container: string;
  /** Query parameters as strings; a port-forward's `port`, a get's `path`. */
  readonly query: Readonly<Record<string, string>>;
  /** Of exec. */
  readonly command?: readonly string[];
}

/** kubelet -> kube-apiserver: an answer that is no stream, refusals of streams included. */
export interface KubeletResponse {
  readonly kind: 'kubelet.response';
  readonly id: number;
  readonly code: number;
  /** Text, or an object of the API. */
  readonly body: unknown;
}
