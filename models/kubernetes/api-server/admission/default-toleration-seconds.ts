/**
 * DefaultTolerationSeconds: pods stay five minutes on a node that is not ready or unreachable, unless they say otherwise.
 * Source: plugin/pkg/admission/defaulttolerationseconds/admission.go.
 */
import { type Either, right } from 'fp-ts/lib/Either.js';
import type { core, KubeObject } from '../../object/types.ts';
import { put } from '../defaults/fill.ts';
import type { Status } from '../status/status.ts';
import { isPod, type AdmissionPlugin } from './plugin.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const SECONDS = 300;

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  handles: ['CREATE', 'UPDATE'],
  resources: ['/pods'],
  mutate(attributes): Either<Status, KubeObject> {
    const object = attributes.object as KubeObject;
    if (!isPod(attributes)) return right(object);
    const tolerations = (object['spec'].tolerations ?? []) as readonly core.Toleration[];
    const missing = [NOT_READY, UNREACHABLE].filter((key) => !tolerations.some((toleration) => covers(toleration, key)));
    if (missing.length === 0) return right(object);
    const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }));
    return right({ ...object, spec: put(object['spec'], 'tolerations', [...tolerations, ...added]) });
  },
};

const covers = ({ key = '', effect = '' }: core.Toleration, taint: string): boolean =>
  (key === taint || key === '') && (effect === 'NoExecute' || effect === '');
