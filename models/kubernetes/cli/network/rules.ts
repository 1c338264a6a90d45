/**
 * `kubetwin rules`: a node's rules as the tool of its proxy mode prints them (iptables-save, nft, ipvsadm).
 */
import { CliError, EXIT } from '../../../../src/cli/exit.ts';
import { describeNodeRules, type Inspection } from '../../network/inspect.ts';
import { askServer } from './server.ts';
import { withNetwork } from './plane.ts';

export interface RulesOptions {
  readonly at?: string;
  readonly server?: string;
  readonly json?: boolean;
}

/** `args` are `[LOG] node/NAME`; with `--server` there is no log. */
export async function rules(args: readonly string[], options: RulesOptions): Promise<number> {
  const isServer = options.server !== undefined;
  const [path, node] = isServer ? [undefined, args[0]] : args;
  if (node === undefined || args.length !== (isServer ? 1 : 2)) throw new CliError('rules takes LOG node/NAME, or --server URL node/NAME');
  const name = node.replace(/^(node|no|nodes)\//, '');
  const answer: Inspection<readonly string[]> = isServer
    ? await askServer(options.server, '/_sim/rules', { node: name })
    : await withNetwork(path as string, options.at, ({ plane }) => describeNodeRules(plane, name));
  if (!answer.ok) throw new CliError(answer.problem);
  process.stdout.write(options.json === true ? `${JSON.stringify({ node: name, rules: answer.value })}\n` : `${answer.value.join('\n')}\n`);
  return EXIT.ok;
}
