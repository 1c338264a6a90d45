/** `kubectl exec -it`: a person at a shell. */
import { describe, expect, it } from 'vitest';
import { TestCluster } from '../../conformance/framework/cluster.ts';
import { IMAGES, startNamespace } from '../../conformance/framework/framework.ts';

describe('a shell at a terminal', () => {
  const cluster = new TestCluster({ nodes: 1 });
  const f = startNamespace(cluster, 'shell');
  f.createSync(f.pod('box', { containers: [{ name: 'c', image: IMAGES.busybox, command: ['sleep', '10000'] }] }));

  it('answers each line with what it does and a prompt', () => {
    const session = cluster.terminal('shell', 'box', ['sh']);
    expect(session.screen()).toBe('/ # ');
    session.type('echo hello; cd /tmp\r');
    expect(session.screen()).toBe('/ # echo hello; cd /tmp\r\nhello\r\n/tmp # ');
    session.type('for i in 1 2; do\r');
    session.type('echo $i; done\r');
    expect(session.screen()).toContain('> echo $i; done\r\n1\r\n2\r\n/tmp # ');
    session.type('fi\r');
    expect(session.screen()).toContain('syntax error: unexpected "fi"\r\n/tmp # ');
    session.type('exit 3\r');
    expect(session.isOver()).toBe(true);
  });

  it('goes on after Ctrl-C, and ends with Ctrl-D', () => {
    const session = cluster.terminal('shell', 'box', ['sh']);
    session.type('echo not this\x03');
    expect(session.screen()).toMatch(/\^C\r\n\/ # $/);
    session.type('sleep 100\r');
    session.type('\x03');
    session.type('echo still here\r');
    expect(session.screen()).toContain('still here\r\n/ # ');
    session.type('\x04');
    expect(session.isOver()).toBe(true);
  });
});
