/** `kubetwin run`: its arguments, options and help. The work is in `../run.ts`. */
import { run, type RunOptions } from '../run.ts';
import type { Register } from './verb.ts';

export const registerRun: Register = (command, exit) => {
  command
    .command('run')
    .description('start a cluster, apply manifests, run until it has converged, print the outcome')
    .argument('[paths...]', 'manifests: files, folders (all manifests in them) or - for standard input')
    .option('--nodes <n>', "how many nodes (default: the scenario's, or 3)")
    .option('--api-servers <n>', "how many API servers share the etcd, each with a watch cache of its own (default: the scenario's, or 1)")
    .option('--seed <text>', 'names the run: the same seed gives the same log', '1')
    .option('--log <file>', 'write the log here')
    .option('--level <level>', 'what the log keeps: inputs, facts or full', 'facts')
    .option('--for <duration>', 'run for this long instead of until convergence (10m of virtual time, say)')
    .option('--timeout <duration>', 'give up convergence after this much virtual time', '10m')
    .option('--timing <profile>', "realistic, fast or zero latencies (default: the scenario's, or realistic)")
    .option('--proxy-mode <mode>', "iptables, ipvs, nftables or userspace (default: the scenario's, or iptables)")
    .option('--addons <names>', 'what runs beside Kubernetes, separated by commas: local-path-provisioner, metrics-server, cloud-controller-manager, ingress-controller; none for nothing', 'local-path-provisioner')
    .option('--from <file>', "begin with a real cluster's objects, nodes included: kubectl get … -o yaml, or a recording")
    .option('--scheduler-config <file...>', 'KubeSchedulerConfiguration files; one kube-scheduler for each')
    .option('--explain-scheduling', 'keep in the log what every plugin said about every node')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  kubetwin run examples/demo --nodes 3 --seed 1 --log demo.log\n  kubectl create deployment web --image=nginx --dry-run=client -o yaml | kubetwin run -')
    .action(async (paths: string[], options: RunOptions) => exit(await run(paths, options)));
};
