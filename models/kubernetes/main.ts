/**
 * The command `kubetwin`. Verbs live in `src/cli` where they serve any model, and in `models/kubernetes/cli` where they
 * speak of Kubernetes.
 */
import { Command, CommanderError } from 'commander';
import { CliError, EXIT } from '../../src/cli/exit.ts';
import { replayCommand, type ReplayCommandOptions } from '../../src/cli/replay.ts';
import { run, type RunOptions } from './cli/run.ts';
import { serve, type ServeOptions } from './cli/serve.ts';
import { buildRun, FINGERPRINT, MODEL } from './cluster/model.ts';

const VERSION = '0.1.0';
const modelOf = (name: string): { fingerprint: string; build: typeof buildRun } | undefined =>
  name === MODEL ? { fingerprint: FINGERPRINT, build: buildRun } : undefined;

/** All verbs. Each action's result is the exit code. */
export function program(exit: (code: number) => void): Command {
  const command = new Command('kubetwin')
    .description('A deterministic Kubernetes in one process: run, replay, explain and break a whole cluster in virtual time.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(kubetwin help shows all verbs)')
    .addHelpText('after', '\nExit codes: 0 fine, 1 a property failed or the cluster did not converge, 2 usage or bad input, 3 replay diverged, 4 corrupt log.');
  command
    .command('run')
    .description('start a cluster, apply manifests, run until it has converged, print the outcome')
    .argument('[paths...]', 'manifests: files, folders (all manifests in them) or - for standard input')
    .option('--nodes <n>', 'how many nodes', '3')
    .option('--seed <text>', 'names the run: the same seed gives the same log', '1')
    .option('--log <file>', 'write the log here')
    .option('--level <level>', 'what the log keeps: inputs, facts or full', 'facts')
    .option('--for <duration>', 'run for this long instead of until convergence (10m of virtual time, say)')
    .option('--timeout <duration>', 'give up convergence after this much virtual time', '10m')
    .option('--timing <profile>', 'realistic, fast or zero latencies', 'realistic')
    .option('--proxy-mode <mode>', 'iptables, ipvs, nftables or userspace', 'iptables')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  kubetwin run examples/demo --nodes 3 --seed 1 --log demo.log\n  kubectl create deployment web --image=nginx --dry-run=client -o yaml | kubetwin run -')
    .action(async (paths: string[], options: RunOptions) => exit(await run(paths, options)));
  command
    .command('replay')
    .description('execute a log again and verify every record')
    .argument('<log>')
    .option('--to <position>', 'only the records before this one (#4711)')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  kubetwin replay demo.log')
    .action((path: string, options: ReplayCommandOptions) => exit(replayCommand(path, options, modelOf)));
  command
    .command('serve')
    .description('a running simulation behind the Kubernetes API, for kubectl and client libraries')
    .argument('[paths...]', 'manifests to apply at the start')
    .option('--nodes <n>', 'how many nodes', '3')
    .option('--nodes-from <file>', 'start with the Node objects of this file (kubectl get nodes -o yaml)')
    .option('--port <n>', 'where to listen; 0 takes a free port', '8001')
    .option('--host <address>', 'which address to listen on', '127.0.0.1')
    .option('--speed <n>', 'virtual seconds for each real one, or max', '1')
    .option('--paused', 'start with the clock standing still')
    .option('--disable <components>', 'leave components out, separated by commas: kube-controller-manager, kube-scheduler, kubelet, kube-proxy, coredns')
    .option('--seed <text>', 'names the run', '1')
    .option('--log <file>', 'write the log here; every request is an input in it, so the session replays')
    .option('--level <level>', 'what the log keeps: inputs, facts or full', 'facts')
    .option('--kubeconfig <file>', 'write a kubeconfig here')
    .option('--token <text>', 'demand this bearer token')
    .option('--authorization <mode>', 'AlwaysAllow or RBAC', 'AlwaysAllow')
    .option('--timing <profile>', 'realistic, fast or zero latencies', 'realistic')
    .option('--proxy-mode <mode>', 'iptables, ipvs, nftables or userspace', 'iptables')
    .addHelpText('after', '\nExample:\n  kubetwin serve --port 8001 --speed 20 &\n  kubectl --server http://127.0.0.1:8001 get nodes')
    .action(async (paths: string[], options: ServeOptions) => exit(await serve(paths, options)));
  return command;
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  try {
    await program((value) => {
      code = value;
    }).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CliError) {
      process.stderr.write(`kubetwin: ${error.message}\n`);
      return error.exitCode;
    }
    throw error;
  }
}
