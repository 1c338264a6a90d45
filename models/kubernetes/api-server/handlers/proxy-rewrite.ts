/**
 * Links in what comes back through a proxy: absolute paths get the proxy's path in front, so that they lead there again.
 *
 * Redirections are changed, and the attributes of HTML that hold addresses. Upstream: apimachinery/pkg/util/proxy/transport.go.
 */
import type { HttpResponse } from '../../api/net.ts';

/** Attributes with addresses, by tag. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  a: ['href'], applet: ['codebase'], area: ['href'], audio: ['src'], base: ['href'], blockquote: ['cite'], body: ['background'], button: ['formaction'], command: ['icon'], del: ['cite'],
  embed: ['src'], form: ['action'], frame: ['longdesc', 'src'], head: ['profile'], html: ['manifest'], iframe: ['longdesc', 'src'], img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'], ins: ['cite'], link: ['href'], object: ['classid', 'codebase', 'data', 'usemap'], q: ['cite'], script: ['src'], source: ['src'], video: ['poster', 'src'],
};

/** `prefix` is the path of the proxy itself, without a slash at its end. */
export function rewriteLinks(response: HttpResponse, prefix: string): HttpResponse {
  const { headers = {}, body } = response;
  const header = (name: string): [string, string] | undefined => Object.entries(headers).find(([key]) => key.toLowerCase() === name);
  const location = header('location');
  if (location !== undefined) return { ...response, headers: { ...headers, [location[0]]: rewritten(location[1], prefix) } };
  const type = header('content-type')?.[1].split(';')[0]?.trim();
  if (type !== 'text/html' || body === undefined) return response;
  return { ...response, body: body.replace(/<([a-zA-Z][a-zA-Z0-9]*)\b[^>]*>/g, (tag, name: string) => rewriteTag(tag, ATTRIBUTES[name.toLowerCase()] ?? [], prefix)) };
}

function rewriteTag(tag: string, attributes: readonly string[], prefix: string): string {
  if (attributes.length === 0) return tag;
  return tag.replace(new RegExp(`(\\s(?:${attributes.join('|')})\\s*=\\s*)("[^"]*"|'[^']*'|[^\\s>]+)`, 'gi'), (_, head: string, value: string) => {
    const quote = /^["']/.exec(value)?.[0] ?? '"';
    return `${head}${quote}${rewritten(value.replace(/^["']|["']$/g, ''), prefix)}${quote}`;
  });
}

/** Other hosts and relative paths stay as they are, and so does what leads through the proxy already. */
function rewritten(url: string, prefix: string): string {
  if (!url.startsWith('/') || url.startsWith('//') || url.startsWith(prefix)) return url;
  return prefix + url;
}
