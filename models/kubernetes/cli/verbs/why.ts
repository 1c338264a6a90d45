/** `kubetwin why` and `kubetwin blame`: their arguments, options and help. The work is in `../why.ts`. */
import { POSITION_HELP } from '../../../../src/cli/position.ts';
import { podNamed, scores } from '../scores.ts';
import { blame, why, type BlameOptions, type WhyOptions } from '../why.ts';
import type { Register } from './verb.ts';

const AT = `${POSITION_HELP}; asks about the moment just after it (default: the end)`;

export const registerWhy: Register = (command, exit) => {
  command
    .command('why')
    .description('why something is as it is: claims, and the chain of causes back to the user, a fault or a timer')
    .argument('<log>')
    .argument('<question...>', "a record ('#4711'), an object (pod/web-1, svc web, ns team-a), one of its conditions (pod/web-1 Ready) or fields (deploy/web spec.replicas)")
    .option('--at <position>', AT)
    .option('-n, --namespace <name>', 'the namespace (default: default)')
    .option('--scores', "with pod/NAME: which plugin refused each node, and each plugin's raw, normalised and weighted score")
    .option('--steps', 'tell every step of the chain, also requests and watch events')
    .option('--json', 'print one JSON document')
    .addHelpText('after', "\nExamples:\n  kubetwin why run.log pod/web-1                  # Pending? not Ready? restarting? deleted? on that node?\n  kubetwin why run.log service/web has no endpoints\n  kubetwin why run.log deploy/web                 # a stuck rollout\n  kubetwin why run.log ns/team-a --at 90s         # a namespace that stays Terminating\n  kubetwin why run.log node/node-2 Ready\n  kubetwin why run.log pod/web-1 --scores          # the scheduler's decision, node by node\n  kubetwin why run.log '#4711'")
    .action(async (path: string, words: string[], options: WhyOptions & { readonly scores?: boolean }) => exit(await (options.scores === true ? scores(path, podNamed(words), options) : why(path, words, options))));
};

/** `kubetwin blame`. */
export const registerBlame: Register = (command, exit) => {
  command
    .command('blame')
    .description('who wrote a field of an object last, and in which step it was decided')
    .argument('<log>')
    .argument('<object>', 'TYPE/NAME')
    .argument('[field]', 'spec.replicas, status.conditions[0].status, metadata.labels["a.b/c"]; nothing: the whole object', '')
    .option('--at <position>', AT)
    .option('-n, --namespace <name>', 'the namespace (default: default)')
    .option('--all', 'every write of the field, newest first')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  kubetwin blame run.log deploy/web spec.replicas\n  kubetwin blame run.log pod/web-1 spec.nodeName\n  kubetwin blame run.log node/node-1 status.conditions --all\n\nIt exits with 1 when nobody ever wrote the field.')
    .action(async (path: string, object: string, field: string, options: BlameOptions) => exit(await blame(path, object, field, options)));
};
