/**
 * The kinds of authentication, authorization, RBAC, certificates, admission and API registration.
 * Upstream: pkg/registry/{authentication,authorization,rbac,certificates,admissionregistration}/rest, the aggregator's
 * and the apiextensions server's own registries.
 */
import { defineKind } from './define.ts';
import type { KindDefinition } from './define.ts';
import { UPDATE_VERBS } from './define.ts';
import type { KindInfo } from './kind.ts';
import { CSR_FIELDS, csrFields } from './selectable.ts';
import { nameIsPathSegment } from '../validation/name.ts';

const inGroup =
  (group: string, schema: string) =>
  (part: Omit<KindDefinition, 'group' | 'schema'>): KindInfo =>
    defineKind({ ...part, group, schema: `${schema}.v1.${part.kind}` });

const rbac = inGroup('rbac.authorization.k8s.io', 'rbac');
const authentication = inGroup('authentication.k8s.io', 'authentication');
const authorization = inGroup('authorization.k8s.io', 'authorization');
const admission = inGroup('admissionregistration.k8s.io', 'admissionregistration');
const REVIEW = { verbs: ['create'], virtual: true } as const;
const RBAC_STRATEGY = { allowCreateOnUpdate: true, validateName: nameIsPathSegment } as const;

/** Kinds of authentication.k8s.io/v1. */
export const AUTHENTICATION_KINDS: readonly KindInfo[] = [
  authentication({ kind: 'SelfSubjectReview', resource: 'selfsubjectreviews', namespaced: false, ...REVIEW }),
  authentication({ kind: 'TokenReview', resource: 'tokenreviews', namespaced: false, ...REVIEW }),
];

/** Kinds of authorization.k8s.io/v1. */
export const AUTHORIZATION_KINDS: readonly KindInfo[] = [
  authorization({ kind: 'LocalSubjectAccessReview', resource: 'localsubjectaccessreviews', namespaced: true, ...REVIEW }),
  authorization({ kind: 'SelfSubjectAccessReview', resource: 'selfsubjectaccessreviews', namespaced: false, ...REVIEW }),
  authorization({ kind: 'SelfSubjectRulesReview', resource: 'selfsubjectrulesreviews', namespaced: false, ...REVIEW }),
  authorization({ kind: 'SubjectAccessReview', resource: 'subjectaccessreviews', namespaced: false, ...REVIEW }),
];

/** Kinds of rbac.authorization.k8s.io/v1. */
export const RBAC_KINDS: readonly KindInfo[] = [
  rbac({ kind: 'ClusterRoleBinding', resource: 'clusterrolebindings', namespaced: false, strategy: RBAC_STRATEGY }),
  rbac({ kind: 'ClusterRole', resource: 'clusterroles', namespaced: false, strategy: RBAC_STRATEGY }),
  rbac({ kind: 'RoleBinding', resource: 'rolebindings', namespaced: true, strategy: RBAC_STRATEGY }),
  rbac({ kind: 'Role', resource: 'roles', namespaced: true, strategy: RBAC_STRATEGY }),
];

/** Kinds of certificates.k8s.io/v1. */
export const CERTIFICATES_KINDS: readonly KindInfo[] = [
  inGroup('certificates.k8s.io', 'certificates')({
    kind: 'CertificateSigningRequest',
    resource: 'certificatesigningrequests',
    namespaced: false,
    shortNames: ['csr'],
    fieldLabels: CSR_FIELDS,
    selectableFields: csrFields,
    subresources: [{ name: 'approval', kind: 'CertificateSigningRequest', verbs: UPDATE_VERBS }, 'status'],
  }),
];

/** Kinds of admissionregistration.k8s.io/v1. */
export const ADMISSION_KINDS: readonly KindInfo[] = [
  admission({
    kind: 'MutatingWebhookConfiguration',
    resource: 'mutatingwebhookconfigurations',
    namespaced: false,
    categories: ['api-extensions'],
    strategy: { allowUnconditionalUpdate: false },
  }),
  admission({
    kind: 'ValidatingAdmissionPolicy',
    resource: 'validatingadmissionpolicies',
    namespaced: false,
    categories: ['api-extensions'],
    strategy: { allowUnconditionalUpdate: false },
    subresources: ['status'],
  }),
  admission({
    kind: 'ValidatingAdmissionPolicyBinding',
    resource: 'validatingadmissionpolicybindings',
    namespaced: false,
    categories: ['api-extensions'],
    strategy: { allowUnconditionalUpdate: false },
  }),
  admission({
    kind: 'ValidatingWebhookConfiguration',
    resource: 'validatingwebhookconfigurations',
    namespaced: false,
    categories: ['api-extensions'],
    strategy: { allowUnconditionalUpdate: false },
  }),
];

/** Kinds of apiregistration.k8s.io/v1. */
export const APIREGISTRATION_KINDS: readonly KindInfo[] = [
  inGroup('apiregistration.k8s.io', 'apiregistration')({
    kind: 'APIService',
    resource: 'apiservices',
    namespaced: false,
    categories: ['api-extensions'],
    keyPrefix: 'apiregistration.k8s.io/apiservices',
    strategy: { allowUnconditionalUpdate: false },
    subresources: ['status'],
  }),
];

/** Kinds of apiextensions.k8s.io/v1. */
export const APIEXTENSIONS_KINDS: readonly KindInfo[] = [
  inGroup('apiextensions.k8s.io', 'apiextensions')({
    kind: 'CustomResourceDefinition',
    resource: 'customresourcedefinitions',
    namespaced: false,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    keyPrefix: 'apiextensions.k8s.io/customresourcedefinitions',
    strategy: { allowUnconditionalUpdate: false },
    subresources: ['status'],
  }),
];
