/**
 * Tests that read the source: the direction of imports, where Node and third-party packages may be used, determinism rules
 * that lint cannot see, and the size of files. What this file forbids is explained in docs/architecture.md and
 * docs/determinism.md.
 */
import { describe, expect, it } from 'vitest';
import { isTest, sources } from './source.ts';

const files = sources();
const product = files.filter(({ path }) => !isTest(path));
const offenders = (list: readonly { path: string; imports: readonly string[] }[], isWrong: (path: string, target: string) => boolean): string[] =>
  list.flatMap(({ path, imports }) => imports.filter((target) => isWrong(path, target)).map((target) => `${path} imports ${target}`));

const COMPONENTS = ['etcd', 'api-server', 'controller-manager', 'scheduler', 'kubelet', 'container-runtime', 'kube-proxy', 'network', 'storage', 'metrics-server', 'operator'];
/** Folders that see every component: they wire, show or serve the whole. */
const WHOLE = ['bench', 'cluster', 'facade', 'cli', 'explain'];
const isOwn = (target: string): boolean => /^(src|models|properties|bench|examples)\//.test(target);

describe('imports', () => {
  it('are found at all', () => {
    expect(files.length).toBeGreaterThan(300);
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(1500);
  });

  it('go from properties and bench to models to src, never back', () => {
    expect(offenders(product, (path, target) => path.startsWith('src/') && isOwn(target) && !target.startsWith('src/'))).toEqual([]);
    expect(offenders(product, (path, target) => path.startsWith('models/') && /^(properties|bench|examples)\//.test(target))).toEqual([]);
  });

  it('of the engine do not name what is simulated', () => {
    const naming = product.filter(({ path, text }) => path.startsWith('src/') && /\b(kubelet|kube-apiserver|ReplicaSet|Deployment)\b/.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')));
    expect(naming.map(({ path }) => path)).toEqual([]);
  });

  it('never go from one component of the Kubernetes model to another', () => {
    const componentOf = (path: string): string | undefined => COMPONENTS.find((name) => path.startsWith(`models/kubernetes/${name}/`));
    const wrong = offenders(product, (path, target) => {
      const own = componentOf(path);
      const other = componentOf(target);
      if (own === undefined || other === undefined || own === other) return false;
      // The API server speaks etcd's protocol; its messages are the contract between the two.
      return !(own === 'api-server' && target === 'models/kubernetes/etcd/message.ts');
    });
    expect(wrong).toEqual([]);
  });

  it('of shared parts never lead to components', () => {
    const isShared = (path: string): boolean => /^models\/kubernetes\/(object|api|client|manifest)\//.test(path);
    const leadsOut = (target: string): boolean => [...COMPONENTS, ...WHOLE].some((name) => target.startsWith(`models/kubernetes/${name}/`));
    expect(offenders(product, (path, target) => isShared(path) && leadsOut(target))).toEqual([]);
  });

  it('of Node stay at the edges', () => {
    const edges = /^(src\/(log\/node|campaign|cli|debugger)|models\/kubernetes\/(facade|cli|main|bin)|bench|properties|examples)/;
    expect(offenders(product, (path, target) => target.startsWith('node:') && !edges.test(path))).toEqual([]);
  });

  it('of rxjs, xstate, fast-check and vitest stay where they belong', () => {
    const rxjs = /^(src\/(stream|kernel|debugger)|models\/kubernetes\/cluster|bench|properties)/;
    expect(offenders(product, (path, target) => target === 'rxjs' && !rxjs.test(path))).toEqual([]);
    const xstate = /(^src\/actor\/machine|\.machine\.ts$|^bench|^properties|^docs)/;
    expect(offenders(product, (path, target) => target.startsWith('xstate') && !xstate.test(path))).toEqual([]);
    const testing = /^(properties|bench|examples)\//;
    expect(offenders(product, (path, target) => /^(vitest|@fast-check\/vitest)/.test(target) && !testing.test(path))).toEqual([]);
  });
});

describe('determinism', () => {
  const actors = product.filter(({ path }) => /^(src\/(kernel|random|actor|fault|property|replay|explore|shrink)|models)\//.test(path) && !/^models\/kubernetes\/(facade|cli|main|bin)/.test(path) && path !== 'src/actor/guard.ts');
  const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '').replace(/`(?:[^`\\]|\\.)*`|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''");
  const using = (pattern: RegExp): string[] => actors.filter(({ text }) => pattern.test(code(text))).map(({ path }) => path);

  /** What each rule of docs/determinism.md forbids in code, with a mutant that breaks it. */
  const RULES = [
    { rule: 3, what: 'promises and async functions', pattern: /\basync\b|\bawait\b|\bnew Promise\b|\bPromise\./, mutant: 'const step = async () => undefined;' },
    { rule: 1, what: 'clocks', pattern: /\bnew Date\(\)|\bDate\.now\b|\bperformance\./, mutant: 'const now = Date.now();' },
    { rule: 4, what: 'ambient randomness', pattern: /\bMath\.random\b|\bcrypto\./, mutant: 'const draw = Math.random();' },
    { rule: 7, what: 'locale', pattern: /\.localeCompare\(|\.toLocale\w+\(|\bIntl\./, mutant: 'names.sort((x, y) => x.localeCompare(y));' },
    { rule: 8, what: 'transcendental functions', pattern: /\bMath\.(sin|cos|tan|exp|expm1|log|log2|log10|log1p|cbrt|pow|sinh|cosh|tanh)\(/, mutant: 'const delay = Math.exp(x);' },
    { rule: 9, what: 'module-level variables', pattern: /^(export )?(let|var) /m, mutant: 'let runs = 0;' },
    { rule: 13, what: 'subjects', pattern: /\bnew (Behavior|Replay|Async)?Subject\b/, mutant: 'const events = new Subject();' },
  ];

  it.each(RULES)('rule $rule: engine and models have no $what', ({ pattern, mutant }) => {
    expect(pattern.test(code(mutant))).toBe(true);
    expect(using(pattern)).toEqual([]);
  });
});

describe('memory', () => {
  // Programs of containers are exempt: they run seldom, and a shell's closures are its language.
  const hot = product.filter(({ path }) => /^(src|models)\//.test(path) && !/^(src\/cli|models\/kubernetes\/(container-runtime|facade|cli))\//.test(path));

  /** What puts a closure, and with it a whole cluster, into the old generation: docs/decisions/0007-dropped-clusters.md. */
  const PATTERNS = [
    { what: 'generator functions that are made anew', pattern: /^ +.*\bfunction ?\*|^ {4,}\*\w+\(/m, mutant: '  const work = function* (): Task {' },
    { what: 'accessors in object literals', pattern: /^ {4,}(get|set) \w+\(/m, mutant: '    get now() {' },
    { what: 'function literals that are assigned to a property', pattern: /^ *\w[\w.]*\.#?\w+ = (\([^()]*\)|\w+)(: [^=]+)? => /m, mutant: 'this.sync.onEnd = (pod) => workers.update(pod);' },
  ];

  it.each(PATTERNS)('of a cluster is young: no $what', ({ pattern, mutant }) => {
    expect(pattern.test(mutant)).toBe(true);
    expect(hot.filter(({ text }) => pattern.test(text.replace(/\/\*[\s\S]*?\*\//g, ''))).map(({ path }) => path)).toEqual([]);
  });
});

describe('files', () => {
  it('hold one noun: at most 500 lines', () => {
    const large = product.filter(({ text }) => text.split('\n').length > 501).map(({ path, text }) => `${path}: ${text.split('\n').length}`);
    expect(large).toEqual([]);
  });

  it('open with what they are', () => {
    const silent = product.filter(({ text }) => !/^(#!.*\n)?\s*\/\*\*/.test(text)).map(({ path }) => path);
    expect(silent).toEqual([]);
  });

  it('have names of their own', () => {
    const vague = product.filter(({ path }) => /\/(utils?|helpers?|common|misc|manager|data|info|base|impl)\.ts$/.test(path)).map(({ path }) => path);
    expect(vague).toEqual([]);
  });

  it('are finished', () => {
    const open = files.filter(({ path, text }) => !path.startsWith('properties/tidy/') && /\b(TODO|FIXME|XXX)\b/.test(text)).map(({ path }) => path);
    expect(open).toEqual([]);
  });
});
