/**
 * The plugins that a default server runs, in upstream's order (pkg/kubeapiserver/options/plugins.go).
 */
import type { AdmissionPlugin } from './plugin.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';

export const PLUGINS: readonly AdmissionPlugin[] = [namespaceLifecycle];
