import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { KUBECTL, kubectlMinor, KubectlSession } from './session.ts';

const minor = kubectlMinor();
const session = new KubectlSession();
const { ok, json } = { ok: session.ok.bind(session), json: session.json.bind(session) };
const since = (version: number): boolean => (minor ?? 0) >= version;

const WEB = (image: string, replicas = 2): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: ${image}
        ports: [{containerPort: 80}]
`;

/** The words of a table's first column, without the head. */
const names = (table: string): string[] => table.trim().split('\n').slice(1).map((line) => line.split(/\s+/)[0] ?? '');
const columns = (table: string): string[] => (table.split('\n')[0] ?? '').trim().split(/\s{2,}/);

// Real kubectl, whatever version is there (1.20, 1.27 to 1.33 and 1.36 have been tried), against a cluster with all components.
describe.skipIf(minor === undefined)(`kubectl 1.${minor} (skipped where ${KUBECTL} cannot be run)`, { timeout: 120_000 }, () => {
  beforeAll(async () => {
    await session.start('--nodes', '3', '--speed', '30');
    await ok('wait --for=condition=Ready nodes --all --timeout=120s');
  }, 60_000);
  it('finds its way: version, cluster-info, api-versions, api-resources, explain', async () => {
    expect(await ok('version')).toContain('v1.32');
    expect((await ok('cluster-info')).replaceAll(/\u001B\[[\d;]*m/g, '')).toMatch(/Kubernetes (control plane|master) is running at/);
    expect((await ok('api-versions')).trim().split('\n')).toEqual(expect.arrayContaining(['apps/v1', 'autoscaling/v2', 'batch/v1', 'v1']));
    const resources = await ok('api-resources --namespaced=true -o name');
    expect(resources.trim().split('\n')).toEqual(expect.arrayContaining(['pods', 'deployments.apps', 'events.events.k8s.io', 'bindings']));
    expect(await ok('api-resources --verbs=list')).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/);
    expect(await ok('explain pod.spec.containers')).toMatch(/livenessProbe\s+<(Probe|Object)>/);
    expect(await ok('explain deploy.spec --recursive')).toMatch(/maxSurge\s+<(IntOrString|string)>/);
    for (const [path, answer] of [['/healthz', 'ok'], ['/readyz?verbose', 'readyz check passed'], ['/version', '"minor": "32"']] as const) {
      expect(await ok(`get --raw ${path}`)).toContain(answer);
    }
  });

  it('applies, diffs and replaces', async () => {
    const file = session.file('web.yaml', WEB('nginx:1.25'));
    expect((await session.run(['diff', '-f', file])).code).toBe(1);
    expect(await ok(`apply -f ${file}`)).toBe('deployment.apps/web created\n');
    expect(await ok(`apply -f ${file}`)).toBe('deployment.apps/web unchanged\n');
    expect(await ok('rollout status deploy/web')).toContain('successfully rolled out');
    const changed = session.file('changed.yaml', WEB('nginx:1.26'));
    const diff = await session.run(['diff', '-f', changed]);
    expect([diff.code, diff.out.match(/^[-+] .*image:.*$/gm)?.map((line) => line.replace(/\s+/g, ' '))]).toEqual([1, ['- - image: nginx:1.25', '+ - image: nginx:1.26']]);
    expect(await ok(`apply -f ${changed} --dry-run=server`)).toBe('deployment.apps/web configured (server dry run)\n');
    expect((await json('get deploy web')).spec.template.spec.containers[0].image).toBe('nginx:1.25');
    expect(await ok(`apply -f ${changed}`)).toBe('deployment.apps/web configured\n');
    expect(await ok(`replace -f ${changed}`)).toBe('deployment.apps/web replaced\n');
    const applied = session.file('settings.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "1"}\n');
    expect(await ok(`apply --server-side -f ${applied}`)).toBe('configmap/settings serverside-applied\n');
    session.file('settings.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "2"}\n');
    const conflict = await session.run(['apply', '--server-side', '--field-manager=other', '-f', applied]);
    expect([conflict.code, conflict.err]).toEqual([1, expect.stringContaining('Apply failed with 1 conflict: conflict with "kubectl": .data.a')]);
    expect(await ok(`apply --server-side --force-conflicts --field-manager=other -f ${applied}`)).toContain('serverside-applied');
    const strict = await session.run(['create', '-f', session.file('typo.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typo}\ndatum: {a: "1"}\n')]);
    expect([strict.code, strict.err]).toEqual([1, expect.stringMatching(/unknown field "datum"/)]);
    const folder = session.file('kustomization.yaml', 'resources: [settings.yaml]\nnamePrefix: my-\n').replace('/kustomization.yaml', '');
    expect(await ok(`kustomize ${folder}`)).toContain('name: my-settings');
    expect(await ok(`apply -k ${folder}`)).toBe('configmap/my-settings created\n');
  });

  it('gets in every output', async () => {
    expect(columns(await ok('get pods -o wide'))).toEqual(['NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE', 'IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES']);
    expect(columns(await ok('get deploy,rs,svc -A'))).toContain('NAMESPACE');
    expect(await ok('get deploy web -o yaml')).toMatch(/^apiVersion: apps\/v1\n/);
    expect(await ok('get deploy web -o name')).toBe('deployment.apps/web\n');
    expect(await session.okay(['get', 'nodes', '-o', 'jsonpath={.items[*].metadata.name}'])).toBe('node-1 node-2 node-3');
    expect(await session.okay(['get', 'nodes', '-o', 'go-template={{range .items}}{{.metadata.name}};{{end}}'])).toBe('node-1;node-2;node-3;');
    expect(columns(await ok('get nodes -o custom-columns=N:.metadata.name,V:.status.nodeInfo.kubeletVersion'))).toEqual(['N', 'V']);
    expect(names(await ok('get pods -l app=web --show-labels'))).toHaveLength(2);
    expect(names(await ok('get pods --field-selector=status.phase=Running --sort-by=.metadata.name'))).toHaveLength(2);
    expect(names(await ok('get pods -l app=web --chunk-size=1'))).toHaveLength(2);
    expect((await session.run(['get', 'pods', 'nope'])).err).toBe('Error from server (NotFound): pods "nope" not found\n');
    expect((await session.run(['get', 'unicorns'])).err).toBe('error: the server doesn\'t have a resource type "unicorns"\n');
    expect((await session.run(['get', 'pods', '-n', 'empty'])).err).toBe('No resources found in empty namespace.\n');
    expect(await ok('get all')).toMatch(/replicaset.apps\/web-/);
    expect(await ok('get events')).toMatch(/SuccessfulCreate/);
    if (since(26)) expect(await ok('events --for=deployment/web')).toMatch(/ScalingReplicaSet +Deployment\/web/);
  });

  it('describes', async () => {
    const [pod = ''] = names(await ok('get pods -l app=web'));
    const text = await ok(`describe pod ${pod}`);
    expect(text).toMatch(/Status: +Running/);
    expect(text).toMatch(/Normal +Scheduled .*default-scheduler +Successfully assigned default\/web-/);
    expect(await ok('describe deploy web')).toMatch(/Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable/);
    expect(await ok('describe node node-1')).toMatch(/HolderIdentity: +node-1/);
    expect(await ok('describe svc kubernetes')).toMatch(/Endpoints: +\d+\.\d+\.\d+\.\d+:6443/);
    expect(await ok('describe ns default')).toContain('No resource quota.');
    expect(await ok('describe rs,cm')).toMatch(/Controlled By: +Deployment\/web/);
  });

  it('creates with every generator', async () => {
    const created: readonly (readonly [string, string])[] = [
      ['create ns team', 'namespace/team'],
      ['create deployment tiny --image=nginx --replicas=1', 'deployment.apps/tiny'],
      ['create configmap cm --from-literal=a=1', 'configmap/cm'],
      ['create secret generic pw --from-literal=x=y', 'secret/pw'],
      ['create secret docker-registry reg --docker-server=s --docker-username=u --docker-password=p', 'secret/reg'],
      ['create serviceaccount robot', 'serviceaccount/robot'],
      ['create role reader --verb=get,list --resource=pods', 'role.rbac.authorization.k8s.io/reader'],
      ['create rolebinding readers --role=reader --serviceaccount=default:robot', 'rolebinding.rbac.authorization.k8s.io/readers'],
      ['create clusterrole viewer --verb=get --resource=nodes', 'clusterrole.rbac.authorization.k8s.io/viewer'],
      ['create clusterrolebinding viewers --clusterrole=viewer --user=jane', 'clusterrolebinding.rbac.authorization.k8s.io/viewers'],
      ['create job once --image=busybox -- echo done', 'job.batch/once'],
      ['create cronjob often --image=busybox --schedule=*/5\u00a0*\u00a0*\u00a0*\u00a0* -- date', 'cronjob.batch/often'],
      ['create ingress way --rule=foo.com/*=web:80', 'ingress.networking.k8s.io/way'],
      ['create poddisruptionbudget careful --selector=app=web --min-available=1', 'poddisruptionbudget.policy/careful'],
      ['create priorityclass high --value=1000', 'priorityclass.scheduling.k8s.io/high'],
      ['create quota limit --hard=pods=50', 'resourcequota/limit'],
      ['create service clusterip s1 --tcp=80:80', 'service/s1'],
      ['create service nodeport s2 --tcp=80:80', 'service/s2'],
      ['create service loadbalancer s3 --tcp=80:80', 'service/s3'],
      ['create service externalname s4 --external-name=example.com', 'service/s4'],
    ];
    // 1.20 creates CronJobs, Ingresses and PodDisruptionBudgets in beta versions that 1.32 does not serve.
    const usable = created.filter(([words]) => since(25) || !/create (cronjob|ingress|poddisruption)/.test(words));
    await Promise.all(usable.map(async ([words, name]) => expect(await session.okay(words.split(' ').map((word) => word.replaceAll('\u00a0', ' ')))).toBe(`${name} created\n`)));
    expect((await json('get svc s2')).spec.ports[0].nodePort).toBeGreaterThanOrEqual(30_000);
    expect((await json('get quota limit')).spec.hard).toEqual({ pods: '50' });
    if (since(24)) expect((await ok('create token robot')).split('.')).toHaveLength(3);
    await ok('wait --for=condition=complete job/once --timeout=120s');
    expect(await ok('logs job/once')).toBe('done\n');
    if (since(25)) expect(await ok('create job now --from=cronjob/often')).toBe('job.batch/now created\n');
  });

  it('rolls out: set, status, history, undo, pause, resume, restart, scale, autoscale, expose', async () => {
    expect(await ok('set image deploy/web main=nginx:1.27')).toBe('deployment.apps/web image updated\n');
    expect(await ok('rollout status deploy/web')).toContain('deployment "web" successfully rolled out');
    expect(await ok('rollout history deploy/web')).toMatch(/REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n3 +<none>/);
    expect(await ok('rollout history deploy/web --revision=3')).toMatch(/Image:\s+nginx:1.27/);
    expect(await ok('rollout undo deploy/web --to-revision=1')).toBe('deployment.apps/web rolled back\n');
    expect((await json('get deploy web')).spec.template.spec.containers[0].image).toBe('nginx:1.25');
    expect(await ok('rollout pause deploy/web')).toBe('deployment.apps/web paused\n');
    expect(await ok('set env deploy/web COLOR=blue')).toBe('deployment.apps/web env updated\n');
    expect(await ok('set resources deploy/web --limits=cpu=200m,memory=64Mi')).toBe('deployment.apps/web resource requirements updated\n');
    expect(await ok('rollout resume deploy/web')).toBe('deployment.apps/web resumed\n');
    expect(await ok('rollout restart deploy/web')).toBe('deployment.apps/web restarted\n');
    await ok('rollout status deploy/web');
    expect(await ok('set env deploy/web --list')).toContain('COLOR=blue');
    expect(await ok('scale deploy/web --replicas=3')).toBe('deployment.apps/web scaled\n');
    await ok('rollout status deploy/web');
    expect(await ok('get deploy web')).toMatch(/web +3\/3 +3 +3/);
    expect(await ok('autoscale deploy/web --min=2 --max=5 --cpu-percent=80')).toBe('horizontalpodautoscaler.autoscaling/web autoscaled\n');
    expect(await ok('get hpa')).toMatch(/web +Deployment\/web +\S.*80% +2 +5/);
    expect(await ok('delete hpa web')).toContain('"web" deleted');
    expect(await ok('expose deploy/web --port=80 --target-port=80')).toBe('service/web exposed\n');
    expect((await json('get svc web')).spec.selector).toEqual({ app: 'web' });
  });

  it('changes objects: label, annotate, patch, edit', async () => {
    expect(await ok('label deploy/web tier=front')).toMatch(/deployment.apps\/web (labeled|not labeled)/);
    expect((await session.run(['label', 'deploy/web', 'tier=back'])).err).toContain("'tier' already has a value (front), and --overwrite is false");
    expect(await ok('label deploy/web tier-')).toMatch(/deployment.apps\/web (unlabeled|labeled)/);
    expect(await ok('annotate deploy/web note=hello --overwrite')).toMatch(/^deployment.apps\/web annotated?\n$/);
    expect(await session.okay(['patch', 'deploy', 'web', '-p', '{"spec":{"template":{"spec":{"containers":[{"name":"main","env":[{"name":"SIZE","value":"1"}]}]}}}}'])).toBe('deployment.apps/web patched\n');
    const { env } = (await json('get deploy web')).spec.template.spec.containers[0];
    expect(env.map(({ name }: { name: string }) => name).toSorted()).toEqual(['COLOR', 'SIZE']);
    expect(await session.okay(['patch', 'cm', 'cm', '--type=merge', '-p', '{"data":{"a":null,"b":"2"}}'])).toBe('configmap/cm patched\n');
    expect(await session.okay(['patch', 'cm', 'cm', '--type=json', '-p', '[{"op":"add","path":"/data/c","value":"3"}]'])).toBe('configmap/cm patched\n');
    expect((await json('get cm cm')).data).toEqual({ b: '2', c: '3' });
    const invalid = await session.run(['patch', 'deploy', 'web', '-p', '{"spec":{"replicas":-1}}']);
    expect([invalid.code, invalid.err]).toEqual([1, 'The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0\n']);
    const editor = session.file('editor.sh', '#!/bin/sh\nsed -i "s/b: \\"2\\"/b: \\"edited\\"/" "$1"\n');
    expect(await ok('edit cm cm', { env: { KUBE_EDITOR: `sh ${editor}` } })).toBe('configmap/cm edited\n');
    expect((await json('get cm cm')).data.b).toBe('edited');
  });

  it('reads logs', async () => {
    const script = 'i=0; while true; do i=$((i+1)); echo line-$i; sleep 5; done';
    expect(await session.okay(['run', 'talker', '--image=busybox', '--restart=Never', '--', 'sh', '-c', script])).toBe('pod/talker created\n');
    await ok('wait --for=condition=Ready pod/talker --timeout=120s');
    expect(await ok('logs talker --tail=1')).toMatch(/^line-\d+\n$/);
    expect(await ok('logs talker --timestamps --limit-bytes=60')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z line-1\n/);
    const followed = await session.run(['logs', '-f', 'talker', '--since=1s'], { until: (out) => out.split('\n').length > 3 });
    expect(followed.out.trim().split('\n').length).toBeGreaterThan(2);
    expect((await session.run(['logs', 'talker', '-c', 'other'])).err).toMatch(/^error: container other is not valid for pod talker/);
    expect((await session.run(['logs', 'talker', '--previous'])).err).toContain('previous terminated container "talker" in pod "talker" not found');
    const ends = session.file('ends.yaml', `apiVersion: v1
kind: Pod
metadata: {name: ends}
spec:
  containers:
  - {name: a, image: busybox, command: [sh, -c, "echo start; sleep 2; exit 1"]}
  - {name: b, image: busybox, command: [sleep, "9999"]}
`);
    await ok(`create -f ${ends}`);
    await session.okay(['wait', '--for=condition=Ready', 'pod/ends', '--timeout=60s']);
    expect(await ok('logs -f ends -c a')).toBe('start\n');
    await expect.poll(async () => (await session.run(['logs', 'ends', '-c', 'a', '--previous'])).out, { timeout: 20_000, interval: 300 }).toBe('start\n');
    expect(await ok('logs ends --all-containers')).toContain('start');
  });

  it('copies files into pods and out of them, whatever they hold', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
    mkdirSync(join(session.folder, 'sent/below'), { recursive: true });
    writeFileSync(join(session.folder, 'sent/bytes'), bytes);
    writeFileSync(join(session.folder, 'sent/below/text'), 'grüße\n');
    await ok('cp sent talker:/tmp/sent');
    expect(await ok('exec talker -- cat /tmp/sent/below/text')).toBe('grüße\n');
    await ok('cp talker:/tmp/sent got');
    expect(readFileSync(join(session.folder, 'got/bytes')).equals(bytes)).toBe(true);
    expect(session.read('got/below/text')).toBe('grüße\n');
    const missing = await session.run(['exec', 'talker', '--', 'tar', 'cf', '-', '/tmp/nothing']);
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('tar: /tmp/nothing: No such file or directory\ntar: error exit delayed from previous errors\n')]);
  });

  it('reaches into pods: exec, attach, run -i, port-forward', async () => {
    expect(await ok('exec talker -- echo hi')).toBe('hi\n');
    const failed = await session.run(['exec', 'talker', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(failed).toMatchObject({ code: 3, out: 'out\n', err: expect.stringContaining('err\n') });
    expect(failed.err).toContain('command terminated with exit code 3');
    expect(await session.okay(['exec', '-i', 'talker', '--', 'sh'], { input: 'cd /tmp\necho grüße > file\ncat file; pwd\n' })).toBe('grüße\n/tmp\n');
    expect((await session.run(['exec', 'talker', '--', 'nothing-here'])).err).toContain('exec: "nothing-here": executable file not found in $PATH');
    const attached = await session.run(['attach', 'talker'], { until: (out) => /line-\d+\nline-/.test(out) });
    expect(attached.out).toMatch(/^line-\d+\nline-/m);
    expect(await session.okay(['run', '-i', '--rm', '--restart=Never', '--image=busybox', '--quiet', 'guest', '--', 'sh', '-c', 'read name; echo hello $name'], { input: 'you\n' })).toMatch(/hello you\n/);
    const [pod = ''] = names(await ok('get pods -l app=web'));
    const forwarded = session.run(['port-forward', pod, ':80'], { until: (out) => void (port ??= /127.0.0.1:(\d+)/.exec(out)?.[1]) as never });
    let port: string | undefined;
    await expect.poll(() => port, { timeout: 20_000 }).toBeDefined();
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('Welcome to nginx!');
    void forwarded;
  });

  it('proxies, asks who may do what, and is honest about metrics', async () => {
    expect(await ok('auth can-i create pods')).toBe('yes\n');
    expect(await ok('auth can-i --list')).toMatch(/\*\.\* +\[\] +\[\] +\[\*\]/);
    if (since(28)) expect(await ok('auth whoami')).toMatch(/Username +admin/);
    expect((await session.run(['top', 'pods'])).err).toMatch(/Metrics API not available/);
    expect(await ok('get --raw /api/v1/namespaces/default/services/web:80/proxy/')).toContain('Welcome to nginx!');
    expect(await ok('get --raw /api/v1/nodes/node-1/proxy/healthz')).toBe('ok');
  });

  it('waits and watches', async () => {
    const watched = session.run(['get', 'pods', '-w', '-l', 'run=late'], { until: (out) => /Running/.test(out) });
    await expect.poll(() => session.openWatches(), { timeout: 20_000 }).toBeGreaterThan(0);
    await ok('run late --image=nginx');
    expect((await watched).out).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nlate +0\/1 +Pending/);
    expect(await ok('wait --for=condition=Ready pod/late --timeout=60s')).toBe('pod/late condition met\n');
    expect((await session.run(['wait', '--for=condition=Ready', 'pod/once-gone', '--timeout=1s'])).err).toContain('pods "once-gone" not found');
    expect((await session.run(['wait', '--for=delete', 'pod/late', '--timeout=1s'])).err).toContain('timed out waiting for the condition on pods/late');
  });

  it('takes care of nodes: taint, cordon, drain, uncordon', async () => {
    expect(await ok('taint nodes node-3 key=value:NoSchedule')).toBe('node/node-3 tainted\n');
    expect((await json('get node node-3')).spec.taints).toEqual([{ key: 'key', value: 'value', effect: 'NoSchedule' }]);
    expect(await ok('taint nodes node-3 key-')).toBe('node/node-3 untainted\n');
    expect(await ok('cordon node-2')).toBe('node/node-2 cordoned\n');
    expect(await ok('get node node-2')).toContain('Ready,SchedulingDisabled');
    const drained = await ok('drain node-2 --ignore-daemonsets --force --delete-emptydir-data --grace-period=5');
    expect(drained).toMatch(/node\/node-2 (drained|evicted)/);
    expect(names(await ok('get pods -A --field-selector=spec.nodeName=node-2').catch(() => ''))).toEqual([]);
    expect(await ok('uncordon node-2')).toBe('node/node-2 uncordoned\n');
  });

  it('approves certificates', async () => {
    // A request for CN=jane, made with openssl; base64 of its PEM.
    const request = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISk1IRUNBUUF3RHpFTk1Bc0dBMVVFQXd3RWFtRnVaVEJaTUJNR0J5cUdTTTQ5QWdFR0NDcUdTTTQ5QXdFSApBMElBQlBKb3JCL01ETTFoMTNQdmRJVUx2VWpIcE90bEtkOXBkcXUxRVUzcnJqQlVCR2hoZ0I5K2FFckU3T2hECmF3bHhESGdGYWlxZlVPTWYyclNlWlVXcWpUMmdBREFLQmdncWhrak9QUVFEQWdOSUFEQkZBaUVBM1ZJeWJWV0oKb29DV2NNY1VYV0Q0M1JKTlFSQzY3bWNROGNhSEd1MWtVZThDSUdZeHIyTnRoWVlZRlBoaWxHU2x6NmpHOUFnbgoxcnJzNytYQU1kenZ5OUplCi0tLS0tRU5EIENFUlRJRklDQVRFIFJFUVVFU1QtLS0tLQo=';
    const file = session.file('csr.yaml', `apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: jane}
spec: {request: ${request}, signerName: example.com/serving, usages: [digital signature]}
`);
    await ok(`create -f ${file}`);
    expect(await ok('certificate approve jane')).toBe('certificatesigningrequest.certificates.k8s.io/jane approved\n');
    expect(await ok('get csr jane')).toMatch(/Approved/);
  });

  it('deletes with each cascade', async () => {
    const owners = async (): Promise<number> => names(await ok('get rs -l app=tiny')).length;
    expect(await owners()).toBe(1);
    expect(await ok('delete deploy tiny --cascade=orphan')).toMatch(/^deployment\.apps "tiny" deleted/);
    expect(await owners()).toBe(1);
    expect(await ok('delete rs -l app=tiny --cascade=foreground')).toMatch(/replicaset.apps "tiny-\w+" deleted/);
    expect((await session.run(['get', 'pods', '-l', 'app=tiny'])).err).toContain('No resources found');
    expect(await ok('delete deploy web --cascade=background')).toBe('deployment.apps "web" deleted\n');
    await expect.poll(async () => (await session.run(['get', 'pods', '-l', 'app=web'])).err, { timeout: 20_000, interval: 300 }).toContain('No resources found');
    await ok('run doomed --image=nginx');
    expect(await ok('delete pod doomed --grace-period=0 --force')).toBe('pod "doomed" force deleted\n');
    expect(await ok('delete ns team')).toBe('namespace "team" deleted\n');
    expect(await ok('delete cm,secret --all')).toContain('configmap "cm" deleted');
  });

  it('counts what it did, and the whole session replays', async () => {
    expect(session.commands).toBeGreaterThanOrEqual(60);
    expect(await session.stop()).toBe('');
    expect(session.replay()).toContain('every one the same');
  });
});
