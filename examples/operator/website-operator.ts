/**
 * An operator worth reading: a Website becomes a page, a Deployment that serves it, and a Service in front.
 *
 * What it shows: children are owned, so they go with their Website and their changes come back here; writing nothing when nothing is to do; a
 * finalizer for what lives outside of the Website's namespace; a status that says how far things are. Outside of this repository the first import
 * reads `from 'kubetwin'`. `website-operator.test.ts` looks for bugs in it.
 */
import {
  controller, createOrUpdate, generationChanged, hasFinalizer, isNotFoundError, kind, withController, withFinalizer, withoutFinalizer,
  type ConfigMap, type Deployment, type KubeObject, type ReconcileContext, type Request, type Service, type Task,
} from '../../models/kubernetes/index.ts';

export interface Website extends KubeObject {
  spec: { page: string; replicas?: number };
  status?: { observedGeneration?: number; readyReplicas?: number; phase?: 'Starting' | 'Serving' };
}

export const WEBSITE = kind<Website>('example.com/v1', 'Website');
const DEPLOYMENT = kind<Deployment>('apps/v1', 'Deployment');
const CONFIG_MAP = kind<ConfigMap>('v1', 'ConfigMap');
const SERVICE = kind<Service>('v1', 'Service');

/** Where names of websites are registered; it stands for a registry outside of the cluster. */
export const REGISTRY: Request = { namespace: 'kube-public', name: 'website-registry' };
const FINALIZER = 'example.com/registered';

export const websiteOperator = controller<Website>({
  name: 'website-operator',
  for: WEBSITE,
  // Our own writes to the status do not move the generation, and are no reason to look again.
  predicate: generationChanged,
  owns: [DEPLOYMENT, CONFIG_MAP, SERVICE],

  *reconcile(request, context) {
    const { client } = context;
    const website = yield* client.get(WEBSITE, request);
    // Gone: its children go by their owner references.
    if (website === undefined) return;
    if (website.metadata.deletionTimestamp !== undefined) return yield* unregister(website, context);
    if (!hasFinalizer(website, FINALIZER)) {
      // First the promise to clean up, then what is to be cleaned up. The update brings us here again.
      yield* client.update(WEBSITE, withFinalizer(website, FINALIZER));
      return { requeue: true };
    }
    yield* register(website, context);
    yield* serve(website, context);
    yield* report(website, context);
  },
});

/** The children, each as it has to be and otherwise as it is. */
function* serve(website: Website, { client, recorder }: ReconcileContext): Task {
  const { namespace = '', name } = website.metadata;
  const { page, replicas = 1 } = website.spec;
  const labels = { website: name };
  const place = { namespace, name };
  yield* createOrUpdate(client, CONFIG_MAP, place, (object) => ({ ...withController(object, WEBSITE, website), data: { 'index.html': page } }));
  const template = {
    // The page is part of the template, so that a new page rolls the pods.
    metadata: { labels, annotations: { 'example.com/page': page } },
    spec: {
      containers: [{ name: 'web', image: 'nginx:1.25', volumeMounts: [{ name: 'page', mountPath: '/usr/share/nginx/html' }] }],
      volumes: [{ name: 'page', configMap: { name } }],
    },
  };
  // Server-side apply states only what we care about, so defaults that the server fills in do not look like changes.
  const found = yield* client.get(DEPLOYMENT, place);
  const isRight = found?.spec.replicas === replicas && found.spec.template.metadata?.annotations?.['example.com/page'] === page;
  if (!isRight) {
    const wanted = withController({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: place, spec: { replicas, selector: { matchLabels: labels }, template } }, WEBSITE, website);
    yield* client.apply(DEPLOYMENT, wanted, 'website-operator');
    recorder.event(website, 'Normal', 'Deployed', `${replicas} copies of the page are to be served`);
  }
  if ((yield* client.get(SERVICE, place)) === undefined) {
    yield* client.create(SERVICE, withController({ apiVersion: 'v1', kind: 'Service', metadata: place, spec: { selector: labels, ports: [{ port: 80 }] } }, WEBSITE, website));
  }
}

/** Status last: it tells of what was seen, not of what was hoped for. */
function* report(website: Website, { client }: ReconcileContext): Task {
  const { namespace = '', name, generation = 0 } = website.metadata;
  const deployment = yield* client.get(DEPLOYMENT, { namespace, name });
  const readyReplicas = deployment?.status?.readyReplicas ?? 0;
  const isServing = readyReplicas >= (website.spec.replicas ?? 1);
  const status = { observedGeneration: generation, readyReplicas, phase: isServing ? 'Serving' : 'Starting' } as const;
  if (Object.entries(status).every(([field, value]) => website.status?.[field as keyof typeof status] === value)) return;
  yield* client.updateStatus(WEBSITE, { ...website, status });
}

const entryOf = ({ metadata }: Website): string => `${metadata.namespace}.${metadata.name}`;

function* register(website: Website, { client }: ReconcileContext): Task {
  const entry = entryOf(website);
  yield* createOrUpdate(client, CONFIG_MAP, REGISTRY, (object) => ({ ...object, data: { ...(object as ConfigMap).data, [entry]: website.metadata.uid } }));
}

function* unregister(website: Website, { client }: ReconcileContext): Task {
  if (!hasFinalizer(website, FINALIZER)) return;
  const entry = entryOf(website);
  // Live: a cached registry might lack an entry that we have only just written, and the entry would stay for ever.
  const registry = yield* client.live(CONFIG_MAP, REGISTRY);
  const { [entry]: known, ...others } = registry?.data ?? {};
  if (registry !== undefined && known !== undefined) yield* client.update(CONFIG_MAP, { ...registry, data: others });
  try {
    yield* client.update(WEBSITE, withoutFinalizer(website, FINALIZER));
  } catch (error) {
    if (!isNotFoundError(error)) throw error;
  }
}
