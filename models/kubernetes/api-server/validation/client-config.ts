/**
 * How a webhook is reached: by URL or by Service, one of them.
 * Source: apiserver/pkg/util/webhook/validation.go.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import { invalidValue, required, type FieldError } from '../status/field-error.ts';
import { subdomainErrors } from './name.ts';
import { parseUrl } from './url.ts';

type Config = Readonly<Record<string, unknown>>;

/** `clientConfig` of webhooks and conversions. */
export function validateServiceOrUrl(config: Config, path: string): FieldError[] {
  const url = config['url'] as string | undefined;
  const service = config['service'] as Config | undefined;
  if ((url === undefined) === (service === undefined)) return [required(path, 'exactly one of url or service is required')];
  return url !== undefined ? validateUrl(url, `${path}.url`) : validateService(service as Config, `${path}.service`);
}

const FORM = '; desired format: https://host[/path]';

/** ValidateWebhookURL. */
function validateUrl(text: string, path: string): FieldError[] {
  const parsed = parseUrl(text);
  if (isLeft(parsed)) return [required(path, `url must be a valid URL: ${parsed.left}${FORM}`)];
  const { scheme, host, userInfo, query, fragment } = parsed.right;
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalidValue(path, scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (host === '') errors.push(invalidValue(path, host, `host must be specified${FORM}`));
  if (userInfo !== undefined) errors.push(invalidValue(path, userInfo, 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalidValue(path, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalidValue(path, query, 'query parameters are not permitted in the URL'));
  return errors;
}

/** ValidateWebhookService. Upstream's callers pass name and namespace the wrong way round, so each is missed under the other's path. */
function validateService(service: Config, path: string): FieldError[] {
  const { name = '', namespace = '', path: urlPath, port } = service as { name?: string; namespace?: string; path?: string; port?: number };
  const errors: FieldError[] = [];
  if (namespace === '') errors.push(required(`${path}.name`, 'service name is required'));
  if (name === '') errors.push(required(`${path}.namespace`, 'service namespace is required'));
  if (port !== undefined && (port < 1 || port > 65535)) errors.push(invalidValue(`${path}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'));
  if (urlPath !== undefined) errors.push(...validatePath(urlPath, `${path}.path`));
  return errors;
}

function validatePath(text: string, path: string): FieldError[] {
  if (text === '/' || text === '') return [];
  if (text === '//') return [invalidValue(path, text, 'segment[0] may not be empty')];
  const errors = text.startsWith('/') ? [] : [invalidValue(path, text, "must start with a '/'")];
  const rest = text.slice(1);
  const steps = (rest.endsWith('/') ? rest.slice(0, -1) : rest).split('/');
  const wrong = steps.flatMap((step, at) => (step === '' ? [`segment[${at}] may not be empty`] : subdomainErrors(step).map((why) => `segment[${at}]: ${why}`)));
  return [...errors, ...wrong.map((why) => invalidValue(path, text, why))];
}
