/** `agnhost webhook`: the admission webhooks of the conformance tests (test/images/agnhost/webhook). */
import type { System } from '../../../process/system.ts';
import type { Run, Step } from '../../../process/wait.ts';
import { flagOf } from '../flag.ts';
import { answerTo, reviewOf, serveReviews, UNREADABLE, type Endpoint, type Review } from './review.ts';

/** `response` of an AdmissionReview, without the uid. */
type Response = Readonly<Record<string, unknown>>;
type Request = Review['request'];
type Admit = (request: Request, system: System) => Step<Response>;

const DELAY_US = 5_000_000;
/** The label and key by which tests say what is to happen to an object. */
const TEST = 'webhook-e2e-test';

const ALLOWED: Response = { allowed: true };
const denied = (status: Readonly<Record<string, unknown>>): Response => ({ allowed: false, status });
const patched = (...operations: readonly unknown[]): Response => ({ allowed: true, patchType: 'JSONPatch', patch: btoa(JSON.stringify(operations)) });

/** A hook that answers at once. */
const atOnce = (decide: (request: Request) => Response): Admit =>
  // eslint-disable-next-line require-yield -- others wait.
  function* (request) {
    return decide(request);
  };

const isOf = ({ resource }: Request, plural: string): boolean => resource?.resource === plural;

function addLabel({ object }: Request): Response {
  const labels: Readonly<Record<string, string>> = object?.metadata?.labels ?? {};
  if (Object.keys(labels).length === 0) return patched({ op: 'add', path: '/metadata/labels', value: { 'added-label': 'yes' } });
  if (labels['added-label'] === 'yes') return ALLOWED;
  return patched({ op: labels['added-label'] === undefined ? 'add' : 'replace', path: '/metadata/labels/added-label', value: 'yes' });
}

function* admitPods(request: Request, system: System): Step<Response> {
  if (!isOf(request, 'pods')) return denied({ message: 'expect resource to be { v1 pods}' });
  const { metadata, spec } = request.object;
  const label = metadata?.labels?.[TEST];
  if (label === 'wait-forever') for (;;) yield* system.pause();
  const complaints = [
    ...(label === 'webhook-disallow' ? ['the pod contains unwanted label; '] : []),
    ...(spec.containers as { name: string }[]).flatMap(({ name }) => (name.includes('webhook-disallow') ? ['the pod contains unwanted container name; '] : [])),
  ];
  return complaints.length === 0 ? ALLOWED : denied({ message: complaints.join('').trim() });
}

function admitAttach({ name, resource, subResource, object }: Request): Response {
  if (name !== 'to-be-attached-pod') return ALLOWED;
  if (resource?.resource !== 'pods' || subResource !== 'attach') return denied({ message: `expect subresource to be attach, got ${subResource}` });
  return object?.stdin === true && object.container === 'container1' ? denied({ message: "attaching to pod 'to-be-attached-pod' is not allowed" }) : ALLOWED;
}

function mutatePods({ object }: Request): Response {
  const { metadata, spec } = object;
  const isDone = (spec.initContainers ?? []).some(({ name }: { name: string }) => name === 'webhook-added-init-container');
  if (metadata.name !== 'webhook-to-be-mutated' || isDone) return ALLOWED;
  return patched({ op: 'add', path: '/spec/initContainers', value: [{ image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} }] });
}

const mutatePodsSidecar = (image: string): ((request: Request) => Response) => ({ object }) => {
  if (image === '') return denied({ status: 'Failure', message: 'No image specified by the sidecar-image parameter', code: 500 });
  const isDone = object.spec.containers.some(({ name }: { name: string }) => name === 'webhook-added-sidecar');
  return isDone ? ALLOWED : patched({ op: 'add', path: '/spec/containers/-', value: { image, name: 'webhook-added-sidecar', resources: {} } });
};

/** Refuses what its data says is unwanted, and to delete what its data says is to stay. */
const admitData = (unwanted: string, undeletable: string): ((request: Request) => Response) => ({ operation, object, oldObject }) => {
  const value = (operation === 'DELETE' ? oldObject : object)?.data?.[TEST];
  if (value === 'webhook-disallow' && (operation === 'CREATE' || operation === 'UPDATE')) return denied({ reason: unwanted });
  return value === 'webhook-nondeletable' && operation === 'DELETE' ? denied({ reason: undeletable }) : ALLOWED;
};

/** One stage of a mutation for each that is there already. */
function mutateData({ object }: Request): Response {
  const data = object?.data ?? {};
  const stage = data['mutation-stage-1'] === 'yes' ? 2 : data['mutation-start'] === 'yes' ? 1 : 0;
  return stage === 0 ? ALLOWED : patched({ op: 'add', path: `/data/mutation-stage-${stage}`, value: 'yes' });
}

const admitDefinition = ({ object }: Request): Response => (object?.metadata?.labels?.[TEST] === 'webhook-disallow' ? denied({ message: 'the crd contains unwanted label' }) : ALLOWED);

const NONDELETABLE = 'cannot be deleted because it contains unwanted key and value';

const hooks = (sidecar: string): Readonly<Record<string, Admit>> => ({
  '/always-allow-delay-5s': function* (_request, system) {
    yield* system.sleep(DELAY_US);
    return { allowed: true, status: { message: 'this webhook allows all requests' } };
  },
  '/always-deny': atOnce(() => denied({ message: 'this webhook denies all requests' })),
  '/add-label': atOnce(addLabel),
  '/pods': admitPods,
  '/pods/attach': atOnce(admitAttach),
  '/mutating-pods': atOnce(mutatePods),
  '/mutating-pods-sidecar': atOnce(mutatePodsSidecar(sidecar)),
  '/configmaps': atOnce(admitData('the configmap contains unwanted key and value', `the configmap ${NONDELETABLE}`)),
  '/mutating-configmaps': atOnce(mutateData),
  '/custom-resource': atOnce(admitData('the custom resource contains unwanted data', `the custom resource ${NONDELETABLE}`)),
  '/mutating-custom-resource': atOnce(mutateData),
  '/crd': atOnce(admitDefinition),
});

const endpoint = (admit: Admit): Endpoint =>
  function* (request, system) {
    const review = reviewOf(request, 'admission.k8s.io', 'AdmissionReview');
    return review === undefined ? UNREADABLE : answerTo(review, yield* admit(review.request, system));
  };

export function* webhook(system: System, words: readonly string[]): Run {
  const all = Object.entries(hooks(flagOf(words, 'sidecar-image') ?? '')).map(([path, admit]) => [path, endpoint(admit)] as const);
  return yield* serveReviews(system, words, 443, Object.fromEntries(all));
}
