/** How webhooks are reached: by URL or by Service. Source: apiserver/pkg/util/webhook/client.go. */

export interface ClientConfig {
  readonly url?: string;
  readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number };
  readonly caBundle?: string;
}

export const urlOf = ({ url, service }: ClientConfig): string => {
  if (url !== undefined) return url;
  const { name = '', namespace = '', path = '', port = 443 } = service ?? {};
  return `https://${name}.${namespace}.svc:${port}${path === '' || path.startsWith('/') ? path : `/${path}`}`;
};
