/** The commands of busybox that exist here, by name. An image's files point to them. */
import type { Run } from '../process/wait.ts';
import type { Applet } from './applet.ts';
import { awk } from './awk.ts';
import { base64, hexdump } from './binary-command.ts';
import { cat } from './cat.ts';
import { date } from './date.ts';
import { nslookup } from './dns-command.ts';
import { echo } from './echo.ts';
import { chmod, chown, cp, ln, mkdir, mktemp, mv, rm, rmdir, touch } from './file-command.ts';
import { grep } from './grep.ts';
import { ip, sysctl } from './kernel-command.ts';
import { kill, killall, pgrep, pidof, pkill } from './kill.ts';
import { du, find, ls, readlink, stat } from './ls.ts';
import { curl, httpd, nc, ping, wget } from './network-command.ts';
import { basename, dd, dirname, expr, fallocate, seq, yes } from './number-command.ts';
import { printf } from './printf.ts';
import { env, free, hostname, id, nproc, printenv, ps, runCommand, timeout, uname, whoami, xargs } from './process-command.ts';
import { sed } from './sed.ts';
import { sh } from './sh.ts';
import { sleep } from './sleep.ts';
import { tail } from './tail.ts';
import { tar } from './tar.ts';
import { test } from './test.ts';
import { cut, head, sort, tac, tee, tr, uniq, wc } from './text-command.ts';

function exitWith(status: number): Applet {
  return function* (): Run {
    return status;
  };
}

function* pwd(system: Parameters<Applet>[0]): Run {
  yield* system.write(1, `${system.directory}\n`);
  return 0;
}

export const BUSYBOX: Readonly<Record<string, Applet>> = {
  '[': test, '[[': test, ash: sh, awk, base64, basename, bash: sh, cat, chgrp: exitWith(0), chmod, chown, cp, cut, date, dd, dirname, du, echo,
  egrep: grep, env, expr, fallocate, false: exitWith(1), fgrep: grep, find, free, grep, head, hexdump, hostname, httpd, id, ip, kill, killall, ln, ls, mkdir,
  mktemp, mv, nc, nice: runCommand, nohup: runCommand, nproc, nslookup, pgrep, pidof, ping, pkill, printenv, printf, ps, pwd, readlink, rm, rmdir, sed, seq,
  setsid: runCommand, sh, sleep, sort, stat, sync: exitWith(0), sysctl, tac, tail, tar, tee, test, timeout, touch, tr, true: exitWith(0), uname, uniq,
  wc, wget, whoami, xargs, yes,
};

export { curl };

/** Names of all commands, in code-unit order. */
export const BUSYBOX_NAMES: readonly string[] = Object.keys(BUSYBOX).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
