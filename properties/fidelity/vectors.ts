/** What the other recordings say: scheduler decisions, kube-proxy's rules, API exchanges. */
import { join } from 'node:path';
import { ORACLE } from './run.ts';
import { program, served } from './served.ts';

export interface VectorResult {
  readonly what: string;
  readonly result: string;
  readonly command: string;
}

const VITEST = 'node_modules/vitest/vitest.mjs';

/** Runs a folder's tests, of which there is one for each vector. */
async function tested(what: string, path: string, suite: string): Promise<VectorResult> {
  const said = await program(VITEST, ['run', '--config', '.ci/vitest.config.ts', '--reporter=json', path]).catch((error: Error) => error.message);
  const report = JSON.parse(said.slice(said.indexOf('{'))) as { testResults: { assertionResults: { ancestorTitles: string[]; status: string }[] }[] };
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ ancestorTitles }) => ancestorTitles.some((title) => title.includes(suite)));
  const equal = all.filter(({ status }) => status === 'passed').length;
  return { what, result: `${equal} of ${all.length} equal`, command: `npx vitest run --config .ci/vitest.config.ts ${path}` };
}

async function exchanges(): Promise<VectorResult> {
  const checker = join(ORACLE, 'check-api.mjs');
  const said = await served(['--disable', 'kube-controller-manager,kube-scheduler,kubelet,kube-proxy', '--speed', 'max'], (url) => program(checker, ['--server', url, '--json']));
  const { total, exact, statusOk } = JSON.parse(said) as { total: number; exact: number; statusOk: number };
  return {
    what: 'API exchanges over HTTP',
    result: `${exact} of ${total} equal, ${statusOk} with the same status code`,
    command: '`kubetwin serve --disable kube-controller-manager,kube-scheduler,kubelet,kube-proxy`, then `check-api.mjs`',
  };
}

export async function vectors(): Promise<VectorResult[]> {
  return [
    await tested('scheduler decisions, every field', 'models/kubernetes/scheduler/decision-vectors.test.ts', ''),
    await tested('kube-proxy rule sets, line for line', 'models/kubernetes/kube-proxy/rules.test.ts', 'real kube-proxy'),
    await exchanges(),
  ];
}
