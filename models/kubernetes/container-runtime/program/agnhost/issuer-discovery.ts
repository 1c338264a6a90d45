/**
 * `agnhost test-service-account-issuer-discovery`: verifies a mounted token against what its issuer publishes.
 *
 * The issuer is asked for its configuration and its keys over the cluster's network; the token must name one of the keys, and be
 * for the audience, from the issuer, and not expired. That a signature fits its key cannot be asked here: tokens are simulated.
 */
import { decodeBase64url } from '../../../object/base64.ts';
import type { HttpResponse } from '../../../api/net.ts';
import type { System } from '../../process/system.ts';
import type { Run, Step } from '../../process/wait.ts';
import { lookUp } from '../address.ts';
import { asHttpResponse, parseUrl, toJson } from '../http.ts';
import { flagOf, logLine } from './flag.ts';

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const TIMEOUT_US = 30_000_000;

interface Claims {
  readonly iss: string;
  readonly aud: readonly string[];
  readonly exp: number;
}

const part = (text: string): unknown => JSON.parse(new TextDecoder().decode(decodeBase64url(text)));

export function* issuerDiscovery(system: System, words: readonly string[]): Run {
  const raw = system.files.read(flagOf(words, 'token-path') ?? '');
  if (raw === undefined) return fail(system, `open ${flagOf(words, 'token-path') ?? ''}: no such file or directory`);
  logLine(system, 'OK: Got token');
  logLine(system, 'validating with in-cluster discovery');
  const problem = yield* validate(system, raw, flagOf(words, 'audience') ?? '');
  if (problem === undefined) return 0;
  return fail(system, `failed to validate with in-cluster discovery: ${problem}`);
}

/** Why the token does not hold. */
function* validate(system: System, raw: string, audience: string): Step<string | undefined> {
  const [head = '', body = ''] = raw.split('.');
  const { kid } = part(head) as { kid?: string };
  const claims = part(body) as Claims;
  logLine(system, `OK: got issuer ${claims.iss}`);
  const configuration = yield* ask(system, `${claims.iss}/.well-known/openid-configuration`);
  if (typeof configuration === 'string') return configuration;
  const { issuer, jwks_uri: jwks = '' } = JSON.parse(configuration.body ?? '{}') as { issuer?: string; jwks_uri?: string };
  if (issuer !== claims.iss) return `oidc: issuer did not match the issuer returned by provider, expected "${claims.iss}" got "${issuer}"`;
  logLine(system, `OK: Constructed OIDC provider for issuer ${claims.iss}`);
  if (!claims.aud.includes(audience)) return `oidc: expected audience "${audience}" got ${JSON.stringify(claims.aud)}`;
  if (claims.exp * 1000 < system.epochMs + system.nowUs / 1000) return 'oidc: token is expired';
  const keys = yield* ask(system, jwks);
  if (typeof keys === 'string') return keys;
  const { keys: list = [] } = JSON.parse(keys.body ?? '{}') as { keys?: readonly { kid: string }[] };
  if (!list.some((key) => key.kid === kid)) return 'failed to verify signature: failed to verify id token signature';
  logLine(system, 'OK: Validated signature on JWT');
  logLine(system, 'OK: Got valid claims from token!');
  return undefined;
}

/** A document, or why there is none. */
function* ask(system: System, address: string): Step<HttpResponse | string> {
  const url = parseUrl(address);
  if (url === undefined) return `Get "${address}": unsupported protocol scheme`;
  const ip = /^[\d.]+$/.test(url.host) ? url.host : (yield* lookUp(system, url.host))?.[0];
  if (ip === undefined) return `Get "${address}": dial tcp: lookup ${url.host}: no such host`;
  const headers = { Host: url.host, Authorization: `Bearer ${system.files.read(TOKEN) ?? ''}` };
  const result = yield* system.exchange(ip, url.port, toJson({ method: 'GET', path: url.path, headers }), { timeoutUs: TIMEOUT_US });
  const response = typeof result === 'object' && 'response' in result ? asHttpResponse(result.response) : undefined;
  if (response === undefined) return `Get "${address}": dial tcp ${ip}:${url.port}: ${typeof result === 'string' ? result : 'EOF'}`;
  return response.status === 200 ? response : `${response.status}: ${response.body ?? ''}`;
}

function fail(system: System, text: string): number {
  logLine(system, text);
  return 1;
}
