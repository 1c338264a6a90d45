/** `kubetwin serve`: its arguments, options and help. The work is in `../serve.ts`. */
import { CliError } from '../../../../src/cli/exit.ts';
import { POSITION_HELP } from '../../../../src/cli/position.ts';
import { serve, type ServeOptions } from '../serve.ts';
import { isLog, serveLog, type ServeLogOptions } from '../serve-log.ts';
import type { Register } from './verb.ts';

export const registerServe: Register = (command, exit) => {
  command
    .command('serve')
    .description('a running simulation, or a moment of a log, behind the Kubernetes API, for kubectl and client libraries')
    .argument('[paths...]', 'manifests to apply at the start; or one log')
    .option('--at <position>', `of a log: ${POSITION_HELP}; shown read-only as it was just after it (default: the end)`)
    .option('--continue', 'of a log: the run goes on living from there, and can be changed')
    .option('--nodes <n>', 'how many nodes', '3')
    .option('--api-servers <n>', 'how many API servers share the etcd, each with a watch cache of its own', '1')
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
    .option('--tls-cert <file>', 'serve HTTPS with this certificate (PEM)')
    .option('--tls-key <file>', 'the key of the certificate (PEM)')
    .option('--epoch <time>', 'wall time at the start, such as 2025-01-01T00:00:00Z (default: now)')
    .option('--authorization <mode>', 'AlwaysAllow or RBAC', 'AlwaysAllow')
    .option('--timing <profile>', 'realistic, fast or zero latencies', 'realistic')
    .option('--proxy-mode <mode>', 'iptables, ipvs, nftables or userspace', 'iptables')
    .option('--addons <names>', 'what runs beside Kubernetes, separated by commas: local-path-provisioner, metrics-server, cloud-controller-manager, ingress-controller; none for nothing', 'local-path-provisioner')
    .option('--from <file>', "begin with a real cluster's objects, nodes included: kubectl get … -o yaml, or a recording")
    .option('--scheduler-config <file...>', 'KubeSchedulerConfiguration files; one kube-scheduler for each')
    .option('--explain-scheduling', 'keep in the log what every plugin said about every node')
    .addHelpText('after', '\nExample:\n  kubetwin serve --port 8001 --speed 20 &\n  kubectl --server http://127.0.0.1:8001 get nodes\n  kubetwin serve run.log --at 12.5s                  # look around with kubectl\n  kubetwin serve run.log --at 12.5s --continue --log fork.log')
    .action(async (paths: string[], options: ServeOptions & ServeLogOptions) => {
      const [log] = paths.filter(isLog);
      if (log === undefined && (options.at !== undefined || options.continue === true)) throw new CliError('--at and --continue are about a log: kubetwin serve run.log --at 12.5s');
      if (log !== undefined && paths.length > 1) throw new CliError('serve takes manifests, or one log');
      exit(log === undefined ? await serve(paths, options) : await serveLog(log, options));
    });
};
