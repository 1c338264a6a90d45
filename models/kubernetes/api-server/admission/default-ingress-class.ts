/**
 * DefaultIngressClass: an ingress without a class gets the default one, the newest when there are several.
 * Source: plugin/pkg/admission/network/defaultingressclass/admission.go.
 */
import { type Either, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import type { Status } from '../status/status.ts';
import { newest } from './default-storage-class.ts';
import type { AdmissionPlugin } from './plugin.ts';

const DEFAULT = 'ingressclass.kubernetes.io/is-default-class';
/** The annotation that named the class before there was a field. */
const OLD_CLASS = 'kubernetes.io/ingress.class';
const NETWORKING = 'networking.k8s.io';

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: ['CREATE'],
  resources: ['networking.k8s.io/ingresses'],
  mutate({ object, subresource, context }): Either<Status, KubeObject> {
    const ingress = object as KubeObject;
    if (subresource !== '' || ingress['spec']?.ingressClassName !== undefined || ingress.metadata.annotations?.[OLD_CLASS] !== undefined) return right(ingress);
    const chosen = newest(context.lookup.list({ group: NETWORKING, resource: 'ingressclasses' }, '').filter(({ metadata }) => metadata.annotations?.[DEFAULT] === 'true'));
    return right(chosen === undefined ? ingress : { ...ingress, spec: { ...ingress['spec'], ingressClassName: chosen.metadata.name } });
  },
};
