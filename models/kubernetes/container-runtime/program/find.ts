/** `find`: walks directories, and does with what fits what its expression says (busybox findutils/find.c). */
import { type Inode, permits, sizeOf } from '../file-system/inode.ts';
import { join, nameOf } from '../file-system/path.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { matches } from '../shell/pattern.ts';
import { Regex } from '../regex/regex.ts';
import { complain, errorText, print } from './applet.ts';
import { blocksOf, idOfName, linksOf } from './attributes.ts';

interface Place {
  readonly path: string;
  readonly depth: number;
  readonly inode: Inode;
}

type Test = (place: Place) => Step<boolean>;

class FindProblem extends Error {}

interface Walk {
  readonly system: System;
  readonly argv: readonly string[];
  minDepth: number;
  maxDepth: number;
  depthFirst: boolean;
  follows: boolean;
  hasAction: boolean;
  prunes: boolean;
  quits: boolean;
  status: number;
  /** What `-exec … +` has gathered. */
  readonly gathered: { readonly command: readonly string[]; readonly paths: string[] }[];
}

export function* find(system: System, argv: readonly string[]): Run {
  const words = argv.slice(1);
  const walk: Walk = { system, argv, minDepth: 0, maxDepth: Infinity, depthFirst: false, follows: false, hasAction: false, prunes: false, quits: false, status: 0, gathered: [] };
  while (/^-[HLP]$/.test(words[0] ?? '')) walk.follows = words.shift() === '-L';
  const first = words.findIndex((word) => /^[-(!]/.test(word));
  const roots = words.slice(0, first < 0 ? words.length : first);
  try {
    const parser = new Parser(words.slice(first < 0 ? words.length : first), walk);
    const test = parser.whole();
    for (const root of roots.length === 0 ? ['.'] : roots) if (!walk.quits) yield* visit(walk, test, root, 0);
    for (const { command, paths } of walk.gathered) if (paths.length > 0) yield* execute(walk, command.flatMap((word) => (word === '{}' ? paths : [word])));
    return walk.status;
  } catch (problem) {
    if (!(problem instanceof FindProblem)) throw problem;
    return complain(system, argv, problem.message);
  }
}

function* visit(walk: Walk, test: Test, path: string, depth: number): Step<void> {
  const { system } = walk;
  const absolute = system.path(path);
  const inode = system.files.lookup(absolute, { follow: walk.follows });
  if (typeof inode === 'string') {
    walk.status = complain(system, walk.argv, `${path}: ${errorText(inode)}`);
    return;
  }
  const place = { path, depth, inode };
  walk.prunes = false;
  const isShown = depth >= walk.minDepth;
  if (isShown && !walk.depthFirst) yield* test(place);
  if (inode.kind === 'directory' && depth < walk.maxDepth && !walk.prunes && !walk.quits) {
    const names = system.files.list(absolute, system.credentials);
    if (typeof names === 'string') walk.status = complain(system, walk.argv, `${path}: ${errorText(names)}`);
    else for (const name of names) if (!walk.quits) yield* visit(walk, test, path.endsWith('/') ? path + name : join(path, name), depth + 1);
  }
  walk.prunes = false;
  if (isShown && walk.depthFirst && !walk.quits) yield* test(place);
}

function* execute(walk: Walk, argv: readonly string[]): Step<boolean> {
  const pid = walk.system.spawn({ argv });
  if (typeof pid === 'string') {
    walk.status = complain(walk.system, walk.argv, `${argv[0] ?? ''}: ${errorText(pid)}`);
    return false;
  }
  for (;;) {
    const ended = yield* walk.system.waitFor(pid);
    if (typeof ended === 'string') return false;
    if ('status' in ended) return ended.status === 0;
  }
}

class Parser {
  readonly #words: readonly string[];
  readonly #walk: Walk;
  #at = 0;

  constructor(words: readonly string[], walk: Walk) {
    this.#words = words;
    this.#walk = walk;
  }

  whole(): Test {
    const test = this.#words.length === 0 ? undefined : this.#or();
    if (this.#at < this.#words.length) throw new FindProblem(`unrecognized: ${this.#words[this.#at]}`);
    const { system, hasAction } = this.#walk;
    return function* (place) {
      if (test !== undefined && !(yield* test(place))) return false;
      if (!hasAction) yield* print(system, `${place.path}\n`);
      return true;
    };
  }

  #or(): Test {
    const tests = [this.#and()];
    while (this.#words[this.#at] === '-o' || this.#words[this.#at] === '-or') {
      this.#at++;
      tests.push(this.#and());
    }
    return function* (place) {
      for (const test of tests) if (yield* test(place)) return true;
      return false;
    };
  }

  #and(): Test {
    const tests: Test[] = [];
    for (let word = this.#words[this.#at]; word !== undefined && word !== '-o' && word !== '-or' && word !== ')'; word = this.#words[this.#at]) {
      if (word === '-a' || word === '-and') this.#at++;
      tests.push(this.#not());
    }
    return function* (place) {
      for (const test of tests) if (!(yield* test(place))) return false;
      return true;
    };
  }

  #not(): Test {
    const word = this.#words[this.#at];
    if (word === '!' || word === '-not') {
      this.#at++;
      const test = this.#not();
      return function* (place) {
        return !(yield* test(place));
      };
    }
    if (word === '(') {
      this.#at++;
      const test = this.#or();
      if (this.#words[this.#at++] !== ')') throw new FindProblem("unrecognized: (");
      return test;
    }
    this.#at++;
    return this.#primary(word ?? '');
  }

  #argument(name: string): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new FindProblem(`${name} requires an argument`);
    return word;
  }

  #primary(name: string): Test {
    const walk = this.#walk;
    const { system } = walk;
    switch (name) {
      case '-exec':
      case '-ok':
        return this.#exec();
      case '-print':
      case '-print0':
        walk.hasAction = true;
        return function* ({ path }) {
          yield* print(system, name === '-print' ? `${path}\n` : `${path}\0`);
          return true;
        };
      case '-delete':
        walk.hasAction = true;
        walk.depthFirst = true;
        return function* ({ path, inode }) {
          const errno = path === '.' ? undefined : system.files.remove(system.path(path), inode.kind === 'directory' ? { directory: true } : {}, system.credentials);
          if (errno !== undefined) walk.status = complain(system, walk.argv, `${path}: ${errorText(errno)}`);
          return errno === undefined;
        };
      case '-quit':
        return function* () {
          walk.quits = true;
          return true;
        };
      case '-prune':
        return function* () {
          walk.prunes = true;
          return true;
        };
      default:
        return this.#condition(name);
    }
  }

  #exec(): Test {
    const walk = this.#walk;
    walk.hasAction = true;
    const command: string[] = [];
    for (let word = this.#words[this.#at++]; word !== ';' && !(word === '+' && command.at(-1) === '{}'); word = this.#words[this.#at++]) {
      if (word === undefined) throw new FindProblem('-exec requires an argument');
      command.push(word);
    }
    if (this.#words[this.#at - 1] === '+') {
      const gathering = { command, paths: [] as string[] };
      walk.gathered.push(gathering);
      return function* ({ path }) {
        gathering.paths.push(path);
        return true;
      };
    }
    return (place) => execute(walk, command.map((word) => word.replaceAll('{}', place.path)));
  }

  #condition(name: string): Test {
    const holds = this.#predicate(name);
    return function* (place) {
      return holds(place);
    };
  }

  #predicate(name: string): (place: Place) => boolean {
    const walk = this.#walk;
    const { system } = walk;
    const always = (): boolean => true;
    const ageS = ({ inode }: Place): number => (system.nowUs - inode.modifiedUs) / 1_000_000;
    switch (name) {
      case '-name':
      case '-iname': {
        const pattern = this.#argument(name);
        return name === '-name' ? ({ path }) => matches(pattern, nameOf(path)) : ({ path }) => matches(pattern.toLowerCase(), nameOf(path).toLowerCase());
      }
      case '-path':
      case '-ipath': {
        const pattern = this.#argument(name);
        return ({ path }) => (name === '-path' ? matches(pattern, path) : matches(pattern.toLowerCase(), path.toLowerCase()));
      }
      case '-regex': {
        const regex = new Regex(this.#argument(name));
        return ({ path }) => {
          const found = regex.exec(path);
          return found?.index === 0 && found.end === path.length;
        };
      }
      case '-type': {
        const letters = this.#argument(name).split(',');
        const kinds: Readonly<Record<string, string>> = { f: 'file', d: 'directory', l: 'link', c: 'device', p: 'fifo' };
        return ({ inode }) => letters.some((letter) => inode.kind === kinds[letter]);
      }
      case '-maxdepth':
        walk.maxDepth = Number(this.#argument(name));
        return always;
      case '-mindepth':
        walk.minDepth = Number(this.#argument(name));
        return always;
      case '-depth':
        walk.depthFirst = true;
        return always;
      case '-follow':
        walk.follows = true;
        return always;
      case '-xdev':
      case '-noleaf':
      case '-true':
        return always;
      case '-false':
        return () => false;
      case '-mtime':
      case '-atime':
      case '-ctime': {
        const fits = comparison(this.#argument(name));
        return (place) => fits(Math.floor(ageS(place) / 86_400));
      }
      case '-mmin':
      case '-amin':
      case '-cmin': {
        const fits = comparison(this.#argument(name));
        return (place) => fits(Math.floor(ageS(place) / 60));
      }
      case '-newer': {
        const other = system.files.lookup(system.path(this.#argument(name)));
        return ({ inode }) => typeof other !== 'string' && inode.modifiedUs > other.modifiedUs;
      }
      case '-size': {
        const match = /^([-+]?)(\d+)([cwbkMG]?)$/.exec(this.#argument(name));
        const unit = { c: 1, w: 2, b: 512, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }[match?.[3] || 'b'] ?? 512;
        const fits = comparison(`${match?.[1] ?? ''}${match?.[2] ?? '0'}`);
        return ({ inode }) => fits(Math.ceil((inode.kind === 'directory' ? blocksOf(inode) * 1024 : sizeOf(inode)) / unit));
      }
      case '-perm':
        return permission(this.#argument(name));
      case '-user':
      case '-group': {
        const id = idOfName(system, name === '-user' ? 'passwd' : 'group', this.#argument(name));
        return ({ inode }) => (name === '-user' ? inode.uid : inode.gid) === id;
      }
      case '-empty':
        return ({ inode }) => (inode.kind === 'file' ? sizeOf(inode) === 0 : inode.kind === 'directory' && inode.entries.size === 0);
      case '-executable':
        return ({ inode }) => permits(inode, system.credentials, 1);
      case '-links': {
        const fits = comparison(this.#argument(name));
        return ({ inode }) => fits(linksOf(inode));
      }
      default:
        throw new FindProblem(`unrecognized: ${name}`);
    }
  }
}

/** `+N` more, `-N` less, `N` exactly. */
function comparison(text: string): (value: number) => boolean {
  const wanted = Number(text.replace(/^[-+]/, ''));
  return text.startsWith('+') ? (value) => value > wanted : text.startsWith('-') ? (value) => value < wanted : (value) => value === wanted;
}

/** `-MODE` all of the bits, `/MODE` any of them. */
function permission(text: string): (place: Place) => boolean {
  const bits = Number.parseInt(text.replace(/^[-/]/, ''), 8);
  if (text.startsWith('-')) return ({ inode }) => (inode.mode & bits) === bits;
  return text.startsWith('/') ? ({ inode }) => bits === 0 || (inode.mode & bits) !== 0 : ({ inode }) => (inode.mode & 0o7777) === bits;
}
