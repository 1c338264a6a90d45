import { describe, expect, it } from 'vitest';
import { runAwk } from './interpreter.ts';
import { AwkProblem } from './lexer.ts';
import { parseAwk } from './parser.ts';

const run = (program: string, text = '', variables: Record<string, string> = {}): string => runAwk(parseAwk(program), { variables, environment: new Map([['HOME', '/root']]), text }).output;

describe('awk', () => {
  it('prints fields, with patterns and separators', () => {
    expect(run('{print $1}', '  3 /file\n4 /other\n')).toBe('3\n4\n');
    expect(run('{print $NF, NR}', 'a b c\nd\n')).toBe('c 1\nd 2\n');
    expect(run('/b/', 'a\nb\nab\n')).toBe('b\nab\n');
    expect(run('$2 > 9 {print $1}', 'x 10\ny 9\nz 100\n')).toBe('x\nz\n');
    expect(run('{print $2}', 'root:x:0\n', { FS: ':' })).toBe('x\n');
    expect(run('BEGIN{FS=","; OFS="-"} {$1=$1; print}', 'a,b,c\n')).toBe('a-b-c\n');
    expect(run('/start/,/end/', '1\nstart\n2\nend\n3\n')).toBe('start\n2\nend\n');
    expect(run('NR==2', 'a\nb\n')).toBe('b\n');
    expect(run('!seen[$0]++', 'a\nb\na\n')).toBe('a\nb\n');
  });

  it('computes, counts and loops', () => {
    expect(run('{s+=$1} END {print s, s/NR}', '1\n2\n4\n')).toBe('7 2.33333\n');
    expect(run('{n[$1]++} END {for (k in n) print k, n[k]}', 'a\nb\na\n')).toBe('a 2\nb 1\n');
    expect(run('BEGIN {for (i=0; i<3; i++) printf "%d ", i*i; while (i-->0) if (i==1) continue; else printf "%s", i; print ""}')).toBe('0 1 4 20\n');
    expect(run('BEGIN {print 2^3^2, -1 " " 5 % 3, 1 == 1.0, "10" < "9", 1 / 4; print (1 > 2) ? "a" : "b"}')).toBe('512 -1 2 1 1 0.25\nb\n');
    expect(run('BEGIN {do x++; while (x < 3); print x, ENVIRON["HOME"], ("k" in a)}')).toBe('3 /root 0\n');
  });

  it('has functions on texts', () => {
    expect(run('BEGIN {print length("abc"), substr("hello", 2, 3), index("abc", "c"), toupper("x"), int(3.9)}')).toBe('3 ell 3 X 3\n');
    expect(run('{gsub(/o/, "[&]"); sub(/l/, "L"); print; n = split($0, p, "["); print n, p[1]}', 'foo l\n')).toBe('f[o][o] L\n3 f\n');
    expect(run('BEGIN {print match("foobar", /o+/), RSTART, RLENGTH, sprintf("%05.1f|%-3s|", 3.14159, "a")}')).toBe('2 2 2 003.1|a  |\n');
  });

  it('ends with a status, and refuses what is no program', () => {
    expect(runAwk(parseAwk('$1 == "x" {exit 3} {print} END {print "end"}'), { variables: {}, environment: new Map(), text: 'a\nx\nb\n' })).toEqual({ output: 'a\nend\n', status: 3 });
    expect(() => run('{print')).toThrow(AwkProblem);
    expect(() => run('BEGIN {while (1) x++}')).toThrow(AwkProblem);
  });
});
