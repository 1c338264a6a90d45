import { describe, expect, it } from 'vitest';
import { runScript } from '../shell/testing/run-script.ts';

/** Each with what busybox 1.36 (defconfig) prints. */
type Case = readonly [script: string, out: string];

describe('the commands of busybox', () => {
  const cases: readonly Case[] = [
    ["printf 'a\\nb\\n' | sed ':a;N;$!ba;s/\\n/,/g'; seq 3 | sed '1!G;h;$!d'; echo 'a]b' | sed 's/[]]/x/'; echo hello | sed 's/x*/-/g'", 'a,b\n3\n2\n1\naxb\n-h-e-l-l-o-\n'],
    ["printf 'x=1\\ny=2\\n' > /tmp/c; sed -i.bak -e 's/x=1/x=9/' /tmp/c; cat /tmp/c /tmp/c.bak", 'x=9\ny=2\nx=1\ny=2\n'],
    ["seq 20 | grep -A1 -e 3 -e 18; echo foobar | grep -o 'o*b'; echo abab | grep '\\(ab\\)\\1'", '3\n4\n--\n13\n14\n--\n18\n19\noob\nabab\n'],
    ["awk 'function f(n){return n<=1?1:n*f(n-1)} BEGIN{print f(5); \"echo cmd\" | getline x; print x; print \"b\\na\" | \"sort\"}'", '120\ncmd\na\nb\n'],
    ["awk 'BEGIN{print rand(), exp(1), log(10), atan2(0,-1), substr(\"hello\",-1,3), length(\"abc\")}'", '0.783099 2.71828 2.30259 3.14159 hel 3\n'],
    ["printf 'c 3\\na 1\\nb 2\\n' | awk '{a[$1]=$2} END{for(k in a) print k,a[k]}'", 'a 1\nb 2\nc 3\n'],
    ["printf '10\\n9\\n' | sort -n; printf 'b 1\\na 2\\n' | sort -k2; printf '2K\\n1M\\n3\\n' | sort -h; printf '1.10\\n1.9\\n' | sort -V", '9\n10\nb 1\na 2\n3\n2K\n1M\n1.9\n1.10\n'],
    ["echo aabbcc | tr -s a-c; echo 'a1b2' | tr -d '[:digit:]'; echo HeLLo | tr '[:upper:]' '[:lower:]'; echo abc | tr abc x", 'abc\nab\nhello\nxxx\n'],
    ['echo hello | md5sum; echo hello | sha1sum; echo hello | sha256sum; echo hello | cksum', 'b1946ac92492d2347c6235b4d2611184  -\nf572d396fae9206628714fb2ce00f72e94f2258f  -\n5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  -\n3015617425 6\n'],
    ['echo hello | sha512sum', 'e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931f94aae41edda2c2b207a36e10f8bcb8d45223e54878f5b316e7ce3b6bc019629  -\n'],
    ['echo hello | od -c; echo hello | od -An -tx1; echo hello | xxd; echo hello | hexdump -C', '0000000   h   e   l   l   o  \\n\n0000006\n 68 65 6c 6c 6f 0a\n00000000: 6865 6c6c 6f0a                           hello.\n00000000  68 65 6c 6c 6f 0a                                 |hello.|\n00000006\n'],
    ["printf 'a\\nb\\n' > /tmp/1; printf 'a\\nc\\n' > /tmp/2; diff /tmp/1 /tmp/2; cmp /tmp/1 /tmp/2; comm /tmp/1 /tmp/2", '--- /tmp/1\n+++ /tmp/2\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n/tmp/1 /tmp/2 differ: char 3, line 2\n\t\ta\nb\n\tc\n'],
    ['echo hello > /tmp/f; gzip /tmp/f; ls /tmp; zcat /tmp/f.gz; gunzip /tmp/f.gz; cat /tmp/f; tar czf /tmp/t.tgz -C /tmp f; tar tzf /tmp/t.tgz', 'f.gz\nhello\nhello\nf\n'],
    ['cd /tmp; mkdir d; echo x > d/f; find d -type f -exec echo {} \\; ; find d -name f -o -type d; find d -type f -print0 | xargs -0 cat', 'd/f\nd\nd/f\nx\n'],
    ["printf 'a b\\nc\\n' | xargs -I{} echo '<{}>'; seq 4 | xargs -n2; echo a | xargs false; echo $?", '<a b>\n<c>\n1 2\n3 4\n123\n'],
    ["ln -s /etc/passwd /tmp/l; ls -l /tmp/l | cut -c1-30; ls -l /tmp/l | sed 's/.*-> //'; stat -c '%A %a %F' /tmp /tmp/l", 'lrwxrwxrwx    1 root     root \n/etc/passwd\ndrwxrwxrwt 1777 directory\nlrwxrwxrwx 777 symbolic link\n'],
    ["date -u -d '2020-01-02 03:04:05' +%s; date -u -d @1700000000; date -u -d '2021-01-03' '+%U %W %V %G'; date -u -R -d @0", '1577934245\nTue Nov 14 22:13:20 UTC 2023\n01 00 53 2020\nThu, 01 Jan 1970 00:00:00 +0000\n'],
    ['expr length hello; expr substr hello 2 3; expr \\( 1 + 2 \\) \\* 3; expr abc : "a\\(.*\\)"', '5\nell\n9\nbc\n'],
    ["printf '%x %#o %e %g %5.1f|%-4s|%c\\n' 255 8 12345.678 0.0001 3.14159 ab xyz; printf '\\303\\251\\n'", 'ff 010 1.234568e+04 0.0001   3.1|ab  |x\n\u00e9\n'],
    ['basename /; basename /a/b.txt .txt; dirname /a; realpath /tmp/../etc; which sh; factor 12; seq -w 9 11; nl /etc/hostname; rev /etc/hostname', '/\nb\n/\n/etc\n/bin/sh\n12: 2 2 3\n09\n10\n11\n     1\tpod\ndop\n'],
    ['dd if=/dev/zero of=/tmp/z bs=1k count=2 2>&1 | head -2; wc -c < /tmp/z; truncate -s 5 /tmp/z; stat -c %s /tmp/z; du -k /tmp/z', '2+0 records in\n2+0 records out\n2048\n5\n4\t/tmp/z\n'],
    ['cat /tmp; echo $?; rm /tmp/nope; echo $?; time sleep 1.5 2>&1 | head -1', '1\n1\nreal\t0m 1.50s\n'],
    ['mount | head -1 | cut -c1-25; df | tail -n +2 | head -1 | cut -c1-7', 'overlay on / type overlay\noverlay\n'],
  ];
  it.each(cases)('%s', (script, out) => {
    expect(runScript(script).out).toBe(out);
  });
});
