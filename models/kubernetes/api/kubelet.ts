/**
 * The kubelet's own API (port 10250), as kube-apiserver uses it for `kubectl logs`, `exec` and `port-forward`.
 */

/** kube-apiserver -> kubelet. */
export interface KubeletRequest {
  readonly kind: 'kubelet.request';
  readonly id: number;
  readonly verb: 'logs' | 'exec' | 'attach' | 'port-forward' | 'healthz';
  readonly namespace: string;
  readonly pod: string;
  /** Empty: the only container, or the first. */
  readonly container: string;
  /** Query parameters as strings; `command` of exec in `command`. */
  readonly query: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly stdin?: string;
}

/** kubelet -> kube-apiserver. For exec the body is an {@link ExecResult}. */
export interface KubeletResponse {
  readonly kind: 'kubelet.response';
  readonly id: number;
  readonly code: number;
  readonly body: string | ExecResult;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}
