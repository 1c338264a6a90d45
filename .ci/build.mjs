// Bundles the command and the library into dist/. Dependencies stay outside the bundles.
import { build } from 'esbuild';
import { chmodSync, existsSync } from 'node:fs';

const shared = { bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external', sourcemap: true, logLevel: 'warning' };
const entries = [
  ['models/kubernetes/bin.ts', 'dist/kubetwin.js'],
  ['models/kubernetes/cli/worker.ts', 'dist/worker.js'],
  ['models/search.ts', 'dist/search.js'],
  ['models/kubernetes/index.ts', 'dist/index.js'],
  ['src/index.ts', 'dist/engine.js'],
  ['bench/main.ts', 'dist/bench.js'],
  ['properties/fidelity/main.ts', 'dist/fidelity.js'],
  ['properties/mutants/cluster/hunt.ts', 'dist/mutants.js'],
];
for (const [entry, outfile] of entries) {
  if (existsSync(entry)) await build({ ...shared, entryPoints: [entry], outfile });
}
chmodSync('dist/kubetwin.js', 0o755);
