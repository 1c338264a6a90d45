// Bundles the command and the library into dist/. What several bundles need, and each verb of the command, is a file of its own that is
// loaded when it is wanted.
import { build } from 'esbuild';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const shared = { outdir: 'dist', splitting: true, bundle: true, platform: 'node', format: 'esm', target: 'node20', sourcemap: true, metafile: true, logLevel: 'warning' };
// Beside the entries, so that what is found by import.meta.url lies where it did.
const chunkNames = '[name]-[hash]';
const entryPoints = (entries) => Object.entries(entries).flatMap(([out, path]) => (existsSync(path) ? [{ in: path, out }] : []));

// Packages of hundreds of small files take longer to load than all of the command, so it has them inside.
const INSIDE = ['rxjs', 'fp-ts', 'xstate', 'ipaddr.js', 'croner', 'picocolors', 'fast-json-patch', '@marcbachmann/cel-js'];
const { dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const outside = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !INSIDE.includes(name));

const command = await build({
  ...shared,
  chunkNames,
  external: outside,
  entryPoints: entryPoints({ kubetwin: 'models/kubernetes/bin.ts', worker: 'models/kubernetes/cli/worker.ts' }),
});
// Whoever uses the library has its dependencies, and wants one copy of each.
const library = await build({
  ...shared,
  chunkNames,
  packages: 'external',
  entryPoints: entryPoints({
    search: 'models/search.ts',
    index: 'models/kubernetes/index.ts',
    engine: 'src/index.ts',
    bench: 'bench/main.ts',
    fidelity: 'properties/fidelity/main.ts',
    mutants: 'properties/mutants/cluster/hunt.ts',
  }),
});

chmodSync('dist/kubetwin.js', 0o755);
writeFileSync('dist/LICENSES.txt', licences(command.metafile));
// Pieces of earlier builds have other hashes in their names.
const made = new Set([command, library].flatMap(({ metafile }) => Object.keys(metafile.outputs)));
for (const file of readdirSync('dist').map((name) => join('dist', name))) if (/\.js(\.map)?$/.test(file) && !made.has(file)) rmSync(file);

/** The licences of the packages that are inside. */
function licences({ inputs }) {
  const packages = new Set(Object.keys(inputs).flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  return [...packages].sort().map((name) => {
    const folder = join('node_modules', name);
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined) throw new Error(`${name} has no licence file`);
    return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  }).join('\n---\n\n');
}
