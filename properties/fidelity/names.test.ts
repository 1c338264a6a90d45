/**
 * Names that the real cluster made from templates: every `pod-template-hash` and every ControllerRevision of the recordings.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { revisionHash } from '../../models/kubernetes/controller-manager/history/controller-history.ts';
import { templateHash } from '../../models/kubernetes/object/template-hash.ts';
import type { ControllerRevision, core, KubeObject, ReplicaSet } from '../../models/kubernetes/object/types.ts';
import { readRecording } from '../../models/kubernetes/cli/recording/file.ts';
import type { Line } from '../../models/kubernetes/recording/format.ts';
import { ORACLE, scenarios } from './run.ts';

const objectsOf = (line: Line): readonly KubeObject[] => (line.rec === 'watch' ? [line.object] : line.rec === 'initial' || line.rec === 'final' ? line.objects : []);

function recorded<Kind extends KubeObject>(kind: string): Kind[] {
  const found = new Map<string, Kind>();
  for (const scenario of scenarios()) {
    for (const line of readRecording(join(ORACLE, 'recordings', `${scenario}.ndjson.gz`))) {
      for (const object of objectsOf(line)) if (object.kind === kind && !found.has(object.metadata.uid)) found.set(object.metadata.uid, object as Kind);
    }
  }
  return [...found.values()];
}

function withoutHash(template: core.PodTemplateSpec): core.PodTemplateSpec {
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

describe.skipIf(!existsSync(ORACLE))('names made from templates (skipped where the recordings are not)', () => {
  it('are those of every recorded ReplicaSet of a Deployment', () => {
    const sets = recorded<ReplicaSet>('ReplicaSet').filter(({ metadata }) => metadata.labels?.['pod-template-hash'] !== undefined);
    expect(sets.length).toBeGreaterThanOrEqual(15);
    for (const { metadata, spec } of sets) {
      expect([metadata.name, templateHash(withoutHash(spec.template as core.PodTemplateSpec), undefined)]).toEqual([metadata.name, metadata.labels?.['pod-template-hash']]);
    }
  });

  it('are those of every recorded revision', () => {
    const revisions = recorded<ControllerRevision>('ControllerRevision');
    expect(revisions.length).toBeGreaterThanOrEqual(4);
    for (const { metadata, data } of revisions) {
      const { $patch: _patch, ...template } = (data as { spec: { template: Record<string, unknown> } }).spec.template;
      const hash = metadata.ownerReferences?.[0]?.kind === 'DaemonSet' ? templateHash(template, undefined) : revisionHash(data, 0);
      expect(metadata.name).toBe(`${metadata.ownerReferences?.[0]?.name ?? ''}-${hash}`);
    }
  });
});
