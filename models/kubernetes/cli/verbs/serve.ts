/** `kubetwin serve`: its arguments, options and help. The work is in `../serve.ts`. */
import { serve, type ServeOptions } from '../serve.ts';
import type { Register } from './verb.ts';

export const registerServe: Register = (command, exit) => {
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
    .option('--scheduler-config <file...>', 'KubeSchedulerConfiguration files; one kube-scheduler for each')
    .option('--explain-scheduling', 'keep in the log what every plugin said about every node')
    .addHelpText('after', '\nExample:\n  kubetwin serve --port 8001 --speed 20 &\n  kubectl --server http://127.0.0.1:8001 get nodes')
    .action(async (paths: string[], options: ServeOptions) => exit(await serve(paths, options)));
};
