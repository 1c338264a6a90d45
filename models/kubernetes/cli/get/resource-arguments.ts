/**
 * What `kubectl get` takes after its name: `pods`, `pods,services`, `pod web-1 web-2`, `pod/web-1 svc/web`, `all`.
 * Upstream: cli-runtime/pkg/resource/builder.go (ResourceTypeOrNameArgs).
 */
import { CliError } from '../../../../src/cli/exit.ts';
import type { KindInfo } from '../../api-server/registry/kind.ts';

/** One kind that was asked for, with the names if only some are wanted. */
export interface Wanted {
  readonly info: KindInfo;
  readonly names: readonly string[] | undefined;
}

/** @throws CliError in kubectl's words when an argument names no resource. */
export function parseResourceArguments(args: readonly string[], kinds: readonly KindInfo[]): Wanted[] {
  const [first, ...rest] = args;
  if (first === undefined) throw new CliError('say which type of resource to get: pods, deployments, pod/web-1, all, …');
  if (args.some((arg) => arg.includes('/'))) return args.map((arg) => slashed(arg, kinds));
  const types = first.split(',').filter((type) => type !== '');
  if (types.includes('') || types.length === 0) throw new CliError('arguments in resource/name form must have a single resource and name');
  const infos = types.flatMap((type) => kindsNamed(type, kinds));
  return infos.map((info) => ({ info, names: rest.length === 0 ? undefined : rest }));
}

function slashed(arg: string, kinds: readonly KindInfo[]): Wanted {
  const [type = '', name = '', ...more] = arg.split('/');
  if (type === '' || name === '' || more.length > 0) throw new CliError('there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. \'kubectl get resource/<resource_name>\' instead of \'kubectl get resource resource/<resource_name>\'');
  return { info: kindNamed(type, kinds), names: [name] };
}

/** The kinds of one word: a type, or a category such as `all`. */
function kindsNamed(word: string, kinds: readonly KindInfo[]): readonly KindInfo[] {
  const members = kinds.filter((info) => !info.virtual && info.categories.includes(word));
  return members.length > 0 ? members : [kindNamed(word, kinds)];
}

/** A kind by any of its names: plural, singular, short name, kind, with or without `.version.group`. */
export function kindNamed(name: string, kinds: readonly KindInfo[]): KindInfo {
  const lower = name.toLowerCase();
  const [plain = '', ...rest] = lower.split('.');
  const qualifier = rest.join('.');
  const isNamed = (info: KindInfo, word: string): boolean => info.resource === word || info.singular === word || info.kind.toLowerCase() === word || info.shortNames.includes(word);
  const isGroup = (info: KindInfo): boolean => qualifier === '' || info.group === qualifier || info.group.startsWith(`${qualifier}.`) || info.versions.some(({ version }) => qualifier === `${version}.${info.group}` || (info.group === '' && qualifier === version));
  const found = kinds.find((info) => !info.virtual && isNamed(info, lower)) ?? kinds.find((info) => !info.virtual && isNamed(info, plain) && isGroup(info));
  if (found === undefined) throw new CliError(`the server doesn't have a resource type "${name}"`);
  return found;
}
