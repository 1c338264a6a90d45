import { describe, expect, it } from 'vitest';
import { runScript } from './testing/run-script.ts';

/** Each with what busybox 1.36 (defconfig) prints and ends with. */
type Case = readonly [script: string, out: string, err: string, status: number];

describe('words and expansions', () => {
  const cases: readonly Case[] = [
    ["x='a b'; set -- $x \"$x\"; echo $#; for i; do echo \"<$i>\"; done", '3\n<a>\n<b>\n<a b>\n', '', 0],
    ["IFS=:; x=a::b:; set -- $x; echo $# \"$1\" \"$2\" \"$3\"; IFS=' :'; x='a : b'; set -- $x; echo $# $2", '3 a  b\n2 b\n', '', 0],
    ['set --; echo "$#" "[$@]" "[$*]"; for i in "$@"; do echo never; done', '0 [] []\n', '', 0],
    ["x='*'; case abc in $x) echo glob;; esac; case abc in \"$x\") echo no;; *) echo literal;; esac", 'glob\nliteral\n', '', 0],
    ["x='a*b'; echo \"${x/\\*/+}\" \"${x//[ab]/_}\"; x=/a/b; echo ${x//\\//_} ${x/\\//}", 'a+b _*_\n_a_b a/b\n', '', 0],
    ['x=hello; echo ${x:0:1} ${x: -3:2} ${x:10} ${x:2:-1}', 'h ll ll\n', '', 0],
    ['echo ${NOPE?}; echo no', '', 'sh: NOPE: parameter not set\n', 2],
    ['echo ${NOPE:?}; echo no', '', 'sh: NOPE: parameter not set or null\n', 2],
    ['echo ~ ~root ~nosuch; x=a:~/b; echo $x', '/root /root ~nosuch\na:/root/b\n', '', 0],
    ["echo $'a\\tb' $'\\x41\\101'", 'a\tb AA\n', '', 0],
    ['echo $(false) $?; x=$(exit 4); echo $?', '0\n4\n', '', 0],
    ['mkdir -p /tmp/x/y /tmp/x/z; touch /tmp/x/f; cd /tmp; echo x/* */ x/*/ x/[yz]', 'x/f x/y x/z x/ x/y/ x/z/ x/y x/z\n', '', 0],
    ['echo $((9223372036854775807+1)) $((2#101 + 16#ff)) $((7/2)) $((-7/2))', '-9223372036854775808 260 3 -3\n', '', 0],
    ['echo $((1/0)); echo no', '', 'sh: divide by zero\n', 2],
  ];
  it.each(cases)('%s', (script, out, err, status) => {
    expect(runScript(script)).toMatchObject({ out, err, status });
  });
});

describe('errors say where they are', () => {
  const cases: readonly Case[] = [
    ['cd /nope; echo $?', '2\n', "sh: cd: line 0: can't cd to /nope: No such file or directory\n", 0],
    ['nosuch\ncd /nope', '', "sh: nosuch: not found\nsh: cd: line 1: can't cd to /nope: No such file or directory\n", 2],
    ['. /nope; echo no', '', "sh: .: line 0: can't open '/nope': No such file or directory\n", 2],
    ['if true; then', '', 'sh: syntax error: unexpected end of file (expecting "fi")\n', 2],
    ['echo a\necho b\ndone', 'a\nb\n', 'sh: syntax error: unexpected "done"\n', 2],
    ['for 1x in a; do :; done', '', 'sh: syntax error: bad for loop variable\n', 2],
    ["printf 'echo a\\nnosuch\\n' > /tmp/s; sh /tmp/s; echo $?", 'a\n127\n', '/tmp/s: line 2: nosuch: not found\n', 0],
    ['fg; echo $?; local x; echo no', '2\n', 'sh: fg: line 0: No current job\nsh: local: line 0: not in a function\n', 2],
    ['printf %d abc; printf %q x; echo $?', '01\n', "sh: invalid number 'abc'\nsh: %q: invalid format\n", 0],
    ['kill -FOO 1; kill abc', '', "sh: bad signal name 'FOO'\nsh: invalid number 'abc'\n", 1],
    ['[ a -eq 1 ]; [ 1 -eq ]; [ a', '', 'sh: a: bad number\nsh: -eq: argument expected\nsh: missing ]\n', 2],
  ];
  it.each(cases)('%s', (script, out, err, status) => {
    expect(runScript(script)).toMatchObject({ out, err, status });
  });
});

describe('signals, traps and jobs', () => {
  const cases: readonly Case[] = [
    ["trap 'echo int' INT; kill -INT $$; echo after", 'int\nafter\n', '', 0],
    ["trap 'echo a; exit 5' TERM; kill -TERM $$; echo no", 'a\n', '', 5],
    ["sleep 0.2 & p=$!; trap 'echo got' USR1; (sleep 0.1; kill -USR1 $$) & wait $p; echo $?; wait", 'got\n138\n', '', 0],
    ["sh -c 'kill -TERM $$'; echo $?; sh -c 'kill -9 $$'; echo $?; sh -c 'kill -INT $$'; echo $?", '143\n137\n130\n', 'Terminated\nKilled\n', 0],
    ['timeout 1 sleep 5; echo $?; timeout -s KILL 1 sleep 3; echo $?', '143\n137\n', 'Terminated\nKilled\n', 0],
    ['for i in 1 2 3; do (sleep 0.$i; echo $i) & done; wait; echo all', '1\n2\n3\nall\n', '', 0],
    ['sleep 0.1 & sleep 0.2 & wait -n; echo $?; jobs', '0\n[2]+  Running                    \n[1]-  Done                       \n', '', 0],
    ["trap 'echo parent' EXIT; (trap; echo child); echo done", "trap -- 'echo parent' EXIT\nchild\ndone\nparent\n", '', 0],
    ['yes | head -2; seq 100000 | head -1', 'y\ny\n1\n', '', 0],
    ['mkfifo /tmp/p; (sleep 0.1; echo late > /tmp/p) & read x < /tmp/p; echo $x', 'late\n', '', 0],
    ["alias hi='echo hello'\nhi world", 'hello world\n', '', 0],
    ['set -e; x=$(false; echo no) || echo failed; (false); echo never', 'failed\n', '', 1],
    ['umask 077; umask; touch /tmp/q; stat -c %a /tmp/q', '0077\n600\n', '', 0],
    ['env -i B=3 sh -c \'echo $B; ls -d /tmp\'; env | sort', '3\n/tmp\nHOME=/root\nPATH=/bin\nPWD=/\nSHLVL=1\n', '', 0],
  ];
  it.each(cases)('%s', (script, out, err, status) => {
    expect(runScript(script)).toMatchObject({ out, err, status });
  });
});
