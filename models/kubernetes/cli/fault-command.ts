/**
 * A fault as it is ordered from `POST /_sim/faults`: `{"fault":"lagging-cache","for":"20s","server":"kube-apiserver-2"}`. It is written
 * as in a scenario file, with `fault` instead of `kind`, and begins at once.
 */
import { LineCounter, parseDocument } from 'yaml';
import type { Fault } from '../../../src/fault/plan.ts';
import { readFault } from '../scenario/read-fault.ts';
import { ScenarioError, Section } from '../scenario/section.ts';

/** The fault, or why it is none. `number` tells orders apart: a fault without a name gets one. */
export function faultOfCommand(command: Readonly<Record<string, unknown>>, number: number): { readonly fault: Fault } | { readonly error: string } {
  const { fault: kind, name = `${String(kind)}-at-${number}`, ...rest } = command;
  const lines = new LineCounter();
  try {
    const document = parseDocument(JSON.stringify({ kind, name, at: 0, ...rest }), { lineCounter: lines });
    return { fault: readFault(new Section({ file: 'body', lines }, document.contents, ''), 0) };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { error: error.message.replace(/^body:\d+:\d+: /, '') };
  }
}
