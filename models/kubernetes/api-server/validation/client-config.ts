/**
 * How a webhook is reached: by URL or by Service, one of them.
 * Source: apiserver/pkg/util/webhook/validation.go.
 */
import { invalidValue, required, type FieldError } from '../status/field-error.ts';
import { goQuote } from '../status/go-format.ts';
import { subdomainErrors } from './name.ts';

type Config = Readonly<Record<string, unknown>>;

/** `clientConfig` of webhooks and conversions. */
export function validateServiceOrUrl(config: Config, path: string): FieldError[] {
  const url = config['url'] as string | undefined;
  const service = config['service'] as Config | undefined;
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')];
  return url !== undefined ? validateUrl(url, `${path}.url`) : validateService(service as Config, `${path}.service`);
}

const FORM = "; desired format: https://host[/path]";

function validateUrl(text: string, path: string): FieldError[] {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(\?[^#]*)?(#.*)?$/.exec(text);
  if (match === null || /\s/.test(text)) return [required(path, `url must be a valid URL: parse ${goQuote(text)}: invalid URI for request${FORM}`)];
  const [, scheme = '', authority = '', query, fragment] = match;
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalidValue(path, scheme, `'https' is the only allowed URL scheme${FORM}`));
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (host === '') errors.push(invalidValue(path, host, `host must be specified${FORM}`));
  if (authority.includes('@')) errors.push(invalidValue(path, authority.slice(0, authority.lastIndexOf('@')), 'user information is not permitted in the URL'));
  if (fragment !== undefined && fragment !== '#') errors.push(invalidValue(path, fragment.slice(1), 'fragments are not permitted in the URL'));
  if (query !== undefined && query !== '?') errors.push(invalidValue(path, query.slice(1), 'query parameters are not permitted in the URL'));
  return errors;
}

function validateService(service: Config, path: string): FieldError[] {
  const { name = '', namespace = '', path: urlPath, port } = service as { name?: string; namespace?: string; path?: string; port?: number };
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${path}.name`, 'service name is required'));
  if (namespace === '') errors.push(required(`${path}.namespace`, 'service namespace is required'));
  if (port !== undefined && (port < 1 || port > 65535)) errors.push(invalidValue(`${path}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
  if (urlPath !== undefined) errors.push(...validatePath(urlPath, `${path}.path`));
  return errors;
}

function validatePath(text: string, path: string): FieldError[] {
  if (text === '/' || text === '') return [];
  if (text === '//') return [invalidValue(path, text, 'segment[0] may not be empty')];
  if (!text.startsWith('/')) return [invalidValue(path, text, `must start with a '/'`)];
  const steps = (text.endsWith('/') ? text.slice(1, -1) : text.slice(1)).split('/');
  return steps.flatMap((step, at) => {
    if (step === '') return [invalidValue(path, text, `segment[${at}] may not be empty`)];
    return subdomainErrors(step).map((why) => invalidValue(path, text, `segment[${at}]: ${why}`));
  });
}
