/**
 * `kubetwin connect` and `kubetwin rules`: the network of a run, asked after the fact or while it is served.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { folder, kubetwin, ROOT, start } from './kubetwin.ts';

let log = '';

beforeAll(() => {
  log = join(folder(), 'demo.log');
  expect(kubetwin(['run', join(ROOT, 'examples/demo'), '--log', log])).toMatchObject({ code: 0 });
});

describe('kubetwin connect', () => {
  it('names the rules on the way and the backend that answers', () => {
    const { code, stdout } = kubetwin(['connect', log, '--from', 'pod/client', '--to', 'my-service:80']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/KUBE-SERVICES +-A KUBE-SERVICES -d 10\.96\.\d+\.\d+\/32 -p tcp .* -j KUBE-SVC-[A-Z0-9]{16}\n/);
    expect(stdout).toMatch(/-j DNAT --to-destination 10\.244\.\d\.\d+:9376\n/);
    expect(stdout).toMatch(/TCP 10\.96\.\d+\.\d+:80 is answered by 10\.244\.\d\.\d+:9376 on node-\d, which sees the client as 10\.244\.\d\.\d+\n$/);
  });

  it('shows where many connections end, the same for the same seed', () => {
    const ask = (seed: string): string => kubetwin(['connect', log, '--from', 'pod/client', '--to', 'my-service:80', '--count', '900', '--seed', seed, '--json']).stdout;
    const backends = (text: string): Record<string, number> => {
      const counts: Record<string, number> = {};
      for (const { backendIP } of (JSON.parse(text) as { outcomes: { backendIP: string }[] }).outcomes) counts[backendIP] = (counts[backendIP] ?? 0) + 1;
      return counts;
    };
    const first = ask('1');
    expect(ask('1')).toBe(first);
    expect(ask('2')).not.toBe(first);
    const counts = Object.values(backends(first));
    expect(counts).toHaveLength(3);
    for (const count of counts) expect(count).toBeGreaterThan(200);
  });

  it('looks at other moments, and answers 1 when nothing accepts', () => {
    const { code, stdout } = kubetwin(['connect', log, '--from', 'node/node-1', '--to', '10.96.0.1:9', '--at', '3s']);
    expect(code).toBe(1);
    expect(stdout).toContain('10.96.0.1:9');
    expect(kubetwin(['connect', log, '--from', 'pod/client', '--to', 'my-service:80', '--at', '#10']).stderr).toContain('pod default/client does not exist');
  });

  it.each([
    [['--from', 'pod/client', '--to', 'none:80'], 'service default/none does not exist'],
    [['--from', 'pod/client', '--to', 'my-service'], 'my-service is not HOST:PORT'],
    [['--from', 'deploy/client', '--to', 'my-service:80'], 'connections come from pod/NAME, node/NAME or an address, not from deploy/client'],
    [['--from', 'pod/client', '--to', 'my-service:80', '--count', '0'], '--count must be a whole number from 1 to 1000000, not "0"'],
    [['--from', 'pod/client', '--to', 'my-service:80', '--protocol', 'ICMP'], '--protocol must be one of TCP, UDP, SCTP, not "ICMP"'],
    [['--from', 'pod/client', '--to', 'my-service:80', '--server', 'http://127.0.0.1:1'], 'connect asks either a LOG or a running simulation'],
  ])('says what is wrong with %j', (options, message) => {
    const { code, stderr } = kubetwin(['connect', log, ...options]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('kubetwin rules', () => {
  it("prints a node's rules as iptables-save does", () => {
    const { code, stdout } = kubetwin(['rules', log, 'node/node-1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# iptables, IPv4\n\*nat\n:PREROUTING ACCEPT/);
    expect(stdout).toMatch(/\n-A KUBE-SEP-[A-Z0-9]{16} -p tcp -m comment --comment "default\/my-service" -m tcp -j DNAT --to-destination 10\.244\./);
  });

  it('knows which nodes there are', () => {
    expect(kubetwin(['rules', log, 'node/node-9'])).toMatchObject({ code: 2, stderr: 'kubetwin: no kube-proxy has written rules on node node-9\n' });
    expect(kubetwin(['rules', log])).toMatchObject({ code: 2, stderr: 'kubetwin: rules takes LOG node/NAME, or --server URL node/NAME\n' });
  });
});

it('answers the same questions of a running simulation', async () => {
  const server = start(['serve', join(ROOT, 'examples/demo'), '--port', '0', '--speed', 'max']);
  try {
    const [line] = (await once(server.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    const url = /http:\/\/[\d.:]+/.exec(String(line))?.[0] as string;
    const until = (command: unknown): Promise<Response> => fetch(`${url}/_sim/clock`, { method: 'POST', body: JSON.stringify(command) });
    await until({ until: 'converged' });
    const asked = kubetwin(['connect', '--server', url, '--from', 'pod/client', '--to', 'my-service:80', '--count', '10']);
    expect(asked).toMatchObject({ code: 0 });
    expect(asked.stdout).toContain('10 connections:');
    expect(kubetwin(['rules', '--server', url, 'node/node-1']).stdout).toContain('*nat');
    expect(kubetwin(['rules', '--server', url, 'node/node-9'])).toMatchObject({ code: 2 });
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  expect(kubetwin(['rules', '--server', 'http://127.0.0.1:1', 'node/node-1']).stderr).toContain('is a `kubetwin serve` running there?');
});
