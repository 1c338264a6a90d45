/** The commands of busybox that exist here, by name. An image's files point to them. */
import type { Run } from '../process/wait.ts';
import type { Applet } from './applet.ts';
import { awk } from './awk.ts';
import { base32, base64 } from './binary-command.ts';
import { cat } from './cat.ts';
import { cksum, md5sum, sha1sum, sha256sum, sha512sum } from './checksum.ts';
import { cmp, comm } from './compare.ts';
import { cut, expand, fold, nl, paste, rev, tac, unexpand } from './cut.ts';
import { date } from './date.ts';
import { dd, fallocate, truncate } from './dd.ts';
import { diff } from './diff.ts';
import { df, du, mount } from './disk-usage.ts';
import { nslookup } from './dns-command.ts';
import { hexdump, od, strings, xxd } from './dump.ts';
import { echo } from './echo.ts';
import { expr } from './expr.ts';
import { chgrp, chmod, chown, cp, ln, mkdir, mktemp, mv, rm, rmdir, touch } from './file-command.ts';
import { find } from './find.ts';
import { grep } from './grep.ts';
import { gunzip, gzip, zcat } from './gzip.ts';
import { head } from './head.ts';
import { ip, sysctl } from './kernel-command.ts';
import { kill, killall, pgrep, pidof, pkill } from './kill.ts';
import { ls } from './ls.ts';
import { free, ps, top, uptime } from './machine-command.ts';
import { curl, httpd, nc, ping, wget } from './network-command.ts';
import { basename, dirname, factor, seq, shuf, yes } from './number-command.ts';
import { printf } from './printf.ts';
import { env, groups, hostname, id, nproc, printenv, uname, whoami } from './process-command.ts';
import { nohup, runCommand, time, timeout, watch, xargs } from './run-command.ts';
import { sed } from './sed.ts';
import { sh } from './sh.ts';
import { sleep } from './sleep.ts';
import { arch, clear, hostid, install, ipcalc, link, logger, mkfifo, mknod, pager, split, tty, unlink, usleep, which } from './small-command.ts';
import { sort, uniq } from './sort.ts';
import { readlink, realpath, stat } from './stat.ts';
import { tail } from './tail.ts';
import { tar } from './tar.ts';
import { tee } from './tee.ts';
import { test } from './test.ts';
import { tr } from './tr.ts';
import { wc } from './wc.ts';

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
  '[': test, '[[': test, arch, ash: sh, awk, base32, base64, basename, bash: sh, cat, chgrp, chmod, chown, cksum, clear, cmp, comm, cp, cut, date, dd, df, diff, dirname, du,
  echo, egrep: grep, env, expand, expr, factor, fallocate, false: exitWith(1), fgrep: grep, find, fold, free, grep, groups, gunzip, gzip, head, hd: hexdump, hexdump, hostid, hostname,
  httpd, id, install, ionice: runCommand, ip, ipcalc, kill, killall, less: pager, link, ln, logger, ls, md5sum, mkdir, mkfifo, mknod, mktemp, more: pager, mount, mv, nc, nice: runCommand,
  nl, nohup, nproc, nslookup, od, paste, pgrep, pidof, ping, pkill, printenv, printf, ps, pwd, readlink, realpath, rev, rm, rmdir, sed, seq, setsid: runCommand, sh, sha1sum,
  sha256sum, sha512sum, shuf, sleep, sort, split, stat, strings, sync: exitWith(0), sysctl, tac, tail, tar, tee, test, time, timeout, top, touch, tr, true: exitWith(0), truncate, tty, uname,
  unexpand, uniq, unlink, uptime, usleep, watch, wc, wget, which, whoami, xargs, xxd, yes, zcat,
};

export { curl };

/** Names of all commands, in code-unit order. */
export const BUSYBOX_NAMES: readonly string[] = Object.keys(BUSYBOX).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
