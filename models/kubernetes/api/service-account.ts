/** Service accounts as users. Source: apiserver/pkg/authentication/serviceaccount/util.go. */
import type { UserInfo } from './message.ts';

/** Who a service account is to the API server: its name, and the groups of all accounts, of its namespace's, and of all users. */
export function serviceAccountUser(namespace: string, name: string): UserInfo {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { name: `system:serviceaccount:${namespace}:${name}`, groups };
}
