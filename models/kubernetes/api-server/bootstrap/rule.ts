/**
 * A short notation for the rules of the built-in roles: `verbs groups resources [names]`, each a list with commas;
 * `core` is the core group. `get - /healthz,/livez` is a rule for paths.
 */
import type { PolicyRule } from '../authorization/rbac.ts';

export function ruleOf(line: string): PolicyRule {
  const [verbs = [], groups = [], resources = [], names] = line.split(' ').map((part) => part.split(','));
  if (groups[0] === '-') return { nonResourceURLs: resources, verbs };
  const apiGroups = groups.map((group) => (group === 'core' ? '' : group));
  return { apiGroups, ...(names === undefined ? {} : { resourceNames: names }), resources, verbs };
}

export const READ = 'get,list,watch';
export const WATCH = 'list,watch';
export const WRITE = 'create,delete,deletecollection,patch,update';
export const CHANGE = 'patch,update';
/** What recorders of events need. */
export const EVENTS = 'create,patch,update core,events.k8s.io events';
