import { describe, expect, it } from 'vitest';
import { BUSYBOX_NAMES } from '../program/busybox.ts';
import { directory, file } from '../file-system/inode.ts';
import { programOf, standardTree } from '../image/layout.ts';
import { FileTree } from '../file-system/tree.ts';
import { Host } from '../process/host.ts';
import { type ContainerScope, createPidNamespace, type ExitReason } from '../process/process.ts';
import type { Signal } from '../process/signal.ts';
import { createNetworkNamespace, type Outside } from '../process/socket.ts';
import type { OpenFile } from '../process/stream.ts';

const NO_OUTSIDE: Outside = { request: () => {}, respond: () => {}, listening: () => {}, resolve: () => {} };

interface Outcome {
  out: string;
  err: string;
  status: number | undefined;
  reason: ExitReason | undefined;
  endedUs: number;
}

/** Runs a script as PID 1 of a container; `signals` arrive from outside at the given times (seconds). */
function run(script: string, options: { forSeconds?: number; signals?: [number, Signal][]; args?: string[]; argv?: string[] } = {}): Outcome {
  const host = new Host(NO_OUTSIDE);
  const scope: ContainerScope = {
    id: 'c', tree: new FileTree(standardTree(BUSYBOX_NAMES)), network: createNetworkNamespace('s', ['10.0.0.1']), pids: createPidNamespace(),
    hostname: 'pod', epochMs: 0, programs: programOf, processes: new Set(),
  };
  const outcome: Outcome = { out: '', err: '', status: undefined, reason: undefined, endedUs: -1 };
  const sink = (name: 'out' | 'err'): OpenFile => ({ kind: 'sink', count: 0, write: (text) => void (outcome[name] += text) });
  const nowhere: OpenFile = { kind: 'device', device: 'null', count: 0 };
  const argv = options.argv ?? ['sh', '-c', script, ...(options.args ?? [])];
  const init = host.start({
    scope, program: programOf(argv[0] ?? 'sh') ?? programOf('sh')!, argv, environment: new Map([['PATH', '/bin'], ['HOME', '/root']]), directory: '/',
    descriptors: new Map([[0, nowhere], [1, sink('out')], [2, sink('err')]]),
    onExit: (status, reason) => {
      outcome.status = status;
      outcome.reason = reason;
      outcome.endedUs = host.nowUs;
    },
  });
  for (const [atSeconds, signal] of options.signals ?? []) {
    host.run(atSeconds * 1e6);
    host.signal(init, signal, true);
  }
  host.run((options.forSeconds ?? 3600) * 1e6);
  return outcome;
}

describe('the shell', () => {
  const cases: [string, string, string, number?][] = [
    ['echoes', 'echo hello "a  b" \'$x\'', 'hello a  b $x\n'],
    ['expands variables', 'x=1; y="$x$x"; echo $y ${x}2 ${z:-d} ${z:=e} $z ${x:+s}', '11 12 d e e s\n'],
    ['splits fields', 'x="a b  c"; for i in $x; do echo "[$i]"; done; echo "$x"', '[a]\n[b]\n[c]\na b  c\n'],
    ['computes', 'i=5; echo $((i*2+1)) $((i>3?1:0)) $(( (1+2)*3 )) $((i++)) $i', '11 1 9 5 6\n'],
    ['counts in a loop', 'i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done', '0\n1\n2\n'],
    ['substitutes commands', 'echo "[$(echo a; echo b)]" `echo c`', '[a\nb] c\n'],
    ['runs case', 'case foo.txt in *.md) echo md;; *.txt|x) echo txt;; esac', 'txt\n'],
    ['runs if', 'if false; then echo 1; elif true; then echo 2; else echo 3; fi', '2\n'],
    ['defines functions', 'f() { local a=$1; echo "$a $#"; return 3; }; a=9; f x y; echo $? $a', 'x 2\n3 9\n'],
    ['pipes', 'printf "b\\na\\nb\\n" | sort | uniq -c | tr -s " "', ' 1 a\n 2 b\n'],
    ['redirects', 'echo one > /tmp/f; echo two >> /tmp/f; cat < /tmp/f; ls /none 2>/dev/null || echo no', 'one\ntwo\nno\n'],
    ['reads here-documents', 'x=1; cat <<EOF\na $x\nEOF\ncat <<\'EOF\'\n$x\nEOF\n', 'a 1\n$x\n'],
    ['expands paths', 'cd /tmp; touch a.c b.c; echo *.c *.h', 'a.c b.c *.h\n'],
    ['cuts patterns', 'p=/a/b/c.tar.gz; echo ${p##*/} ${p%/*} ${p%%.*} ${#p} ${p:1:3}', 'c.tar.gz /a/b /a/b/c 13 a/b\n'],
    ['passes arguments', 'echo $0 $1 "$@" $#', 'me a a b 2\n'],
    ['reads lines', 'printf "1 2 3\\n4 5\\n" | while read a b; do echo "$b:$a"; done', '2 3:1\n5:4\n'],
    ['negates', '! false && echo yes', 'yes\n'],
    ['groups', '{ echo a; echo b; } | wc -l; (cd /tmp; pwd); pwd', '2\n/tmp\n/\n'],
    ['breaks out', 'for i in 1 2 3; do for j in 1 2; do [ $i = 2 ] && break 2; echo $i$j; done; done', '11\n12\n'],
    ['finds executables', 'command -v ls; type cd', '/bin/ls\ncd is a shell builtin\n'],
    ['exports', 'A=1; export B=2; sh -c \'echo "[$A][$B]"\'; A=3 sh -c \'echo $A\'', '[][2]\n3\n'],
    ['edits', 'echo "hello world" | sed "s/o/0/g; s/^h/H/" | cut -d" " -f1', 'Hell0\n'],
    ['sees the time', 'date +%s; sleep 2.5; date +%s; date', '0\n2\nThu Jan  1 00:00:02 UTC 1970\n'],
  ];
  it.each(cases)('%s', (_, script, out) => {
    expect(run(script, { args: ['me', 'a', 'b'] })).toMatchObject({ out, err: '' });
  });

  it('exits with the status that the script says', () => {
    expect(run('sleep 1; exit 3')).toMatchObject({ status: 3, endedUs: 1_000_000 });
    expect(run('exit 9').status).toBe(9);
    expect(run('nosuch').status).toBe(127);
    expect(run('nosuch').err).toBe('sh: nosuch: not found\n');
    expect(run('touch /tmp/x; /tmp/x').status).toBe(126);
    expect(run('set -e; false; echo no')).toMatchObject({ status: 1, out: '' });
    expect(run('set -e; if false; then :; fi; false || true; echo yes')).toMatchObject({ status: 0, out: 'yes\n' });
    expect(run('set -u; echo $nope').status).toBe(2);
    expect(run('echo $(( 1 / 0 ))').status).toBe(2);
    expect(run('if').status).toBe(2);
    expect(run('echo "').status).toBe(2);
    expect(run('kill -9 $$; echo alive').out).toBe('alive\n');
    expect(run('sh -c \'kill -9 $$\'; echo $?').out).toBe('137\n');
  });

  it('ends at once without a terminal', () => {
    expect(run('', { argv: ['sh'] })).toMatchObject({ status: 0, endedUs: 0 });
  });

  it('runs traps after the foreground command, of which a builtin ends at once', () => {
    expect(run('trap "exit 0" TERM; while :; do /bin/sleep 0.2; done', { signals: [[0.95, 'TERM']] }).endedUs).toBe(1_000_000);
    const child = 'trap "sleep 3; exit 0" TERM; while :; do /bin/sleep 0.2; done';
    expect(run(child, { signals: [[10.1, 'TERM']] })).toMatchObject({ status: 0, endedUs: 13_200_000 });
    const loop = 'trap "sleep 3; exit 0" TERM; while :; do sleep 0.2; done';
    expect(run(loop, { signals: [[10.1, 'TERM']] })).toMatchObject({ status: 0, endedUs: 13_100_000 });
  });

  it('ignores signals as PID 1 unless it traps them', () => {
    expect(run('sleep 1000', { signals: [[5, 'TERM'], [35, 'KILL']] })).toMatchObject({ status: 137, endedUs: 35_000_000 });
    const ignoring = 'trap "" TERM; while :; do sleep 0.2; done';
    expect(run(ignoring, { signals: [[5, 'TERM'], [11, 'KILL']] })).toMatchObject({ status: 137, endedUs: 11_000_000 });
    expect(run('trap "exit 0" TERM; while :; do sleep 0.2; done', { signals: [[0.95, 'TERM']] }).endedUs).toBe(950_000);
  });

  it('waits for background jobs, and a trapped signal ends the wait', () => {
    expect(run('sleep 5 & sleep 3 & wait; echo done')).toMatchObject({ out: 'done\n', endedUs: 5_000_000 });
    expect(run('(exit 7) & wait $!; echo $?').out).toBe('7\n');
    const trapped = 'trap "echo bye; exit 4" TERM; sleep 100 & wait $!';
    expect(run(trapped, { signals: [[2, 'TERM']] })).toMatchObject({ out: 'bye\n', status: 4, endedUs: 2_000_000 });
    expect(run('sleep 100 & kill $!; wait $!; echo $?').out).toBe('143\n');
    expect(run('trap "echo x" EXIT; exit 5')).toMatchObject({ out: 'x\n', status: 5 });
  });

  it('lets time pass while it computes', () => {
    const busy = run('while true; do :; done', { forSeconds: 1, signals: [[0.5, 'KILL']] });
    expect(busy.status).toBe(137);
  });

  it('talks to itself on localhost', () => {
    const script = 'mkdir /w; echo hi > /w/index.html; httpd -f -p 8080 -h /w & sleep 1; wget -qO- http://localhost:8080/; wget -q http://127.0.0.1:81/';
    const outcome = run(script);
    expect(outcome.out).toBe('hi\n');
    expect(outcome.err).toBe("wget: can't connect to remote host (127.0.0.1): Connection refused\n");
    expect(outcome.status).toBe(1);
  });

  it('reads commands from its input as they come', () => {
    expect(run("printf 'echo one\\nread x\\nthree\\necho got $x\\n' | sh").out).toBe('one\ngot three\n');
    expect(run("printf 'for i in 1 2\\ndo echo $i\\ndone\\nexit 3\\necho never\\n' | sh; echo $?").out).toBe('1\n2\n3\n');
    expect(run('(echo "echo a"; sleep 5; echo "date +%s") | sh').out).toBe('a\n5\n');
    expect(run("printf 'cat <<X\\nhi $((1+1))\\nX\\necho end' | sh -s").out).toBe('hi 2\nend\n');
    expect(run("printf 'echo \\$(\\necho ok; fi\\n' | sh; echo $?")).toMatchObject({ out: '2\n' });
  });

  it('gives every script of the recordings the timing it had', () => {
    expect(run('touch /tmp/healthy; sleep 10; rm -f /tmp/healthy; sleep 600').endedUs).toBe(610_000_000);
    expect(run('date > /tmp/i; touch /own; sleep 4; ls /own && exit 5')).toMatchObject({ status: 5, endedUs: 4_000_000, out: '/own\n' });
    expect(run('if [ -f /d/tried ]; then exit 0; fi; mkdir /d; touch /d/tried; exit 1').status).toBe(1);
  });
});

describe('a process tree', () => {
  it('dies with its PID 1', () => {
    const outcome = run('sleep 100 & sleep 1; exit 2');
    expect(outcome).toMatchObject({ status: 2, endedUs: 1_000_000 });
    expect(directory([['x', file('')]]).entries.size).toBe(1);
  });
});
