/** Names that pods can look up (test/e2e/network/dns.go, dns_common.go). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();
const DOMAIN = 'cluster.local';
const JESSIE = 'registry.k8s.io/e2e-test-images/jessie-dnsutils:1.7';

/** Looks all names up again and again over UDP and TCP, and leaves a file for each that was found. */
function probe(names: readonly string[], hosts: readonly string[], pointer: string, prefix: string): { readonly command: string; readonly files: readonly string[] } {
  const files: string[] = [];
  let command = 'for i in `seq 1 600`; do ';
  const look = (question: string, file: string, way: string): void => {
    files.push(file);
    command += `check="$$(dig +${way} +noall +answer +search ${question})" && test -n "$$check" && echo OK > /results/${file};`;
  };
  for (const name of names) {
    const question = name.startsWith('_') ? `${name} SRV` : `${name} A`;
    look(question, `${prefix}_udp@${name}`, 'notcp');
    look(question, `${prefix}_tcp@${name}`, 'tcp');
  }
  for (const name of hosts) {
    files.push(`${prefix}_hosts@${name}`);
    command += `test -n "$$(getent hosts ${name})" && echo OK > /results/${prefix}_hosts@${name};`;
  }
  if (pointer !== '') {
    const reverse = `${pointer.split('.').reverse().join('.')}.in-addr.arpa. PTR`;
    look(reverse, `${pointer}_udp@PTR`, 'notcp');
    look(reverse, `${pointer}_tcp@PTR`, 'tcp');
  }
  return { command: `${command}sleep 1; done`, files };
}

function dnsPod(f: Framework, wheezy: string, jessie: string, hostname?: string, subdomain?: string): Json {
  const volumeMounts = [{ name: 'results', mountPath: '/results' }];
  return f.pod(`dns-test-${++pods}`, {
    ...(hostname === undefined ? {} : { hostname, subdomain }),
    volumes: [{ name: 'results', emptyDir: {} }],
    containers: [
      { name: 'webserver', image: IMAGES.agnhost, args: ['test-webserver'], volumeMounts },
      { name: 'querier', image: IMAGES.agnhost, command: ['sh', '-c'], args: [wheezy], volumeMounts },
      { name: 'jessie-querier', image: JESSIE, command: ['sh', '-c', jessie], volumeMounts },
    ],
  });
}

let pods = 0;

/** Runs the pod and waits until its web server shows each file, with the content if one is expected. */
function validate(f: Framework, pod: Json, files: readonly string[], content?: string): void {
  f.create('pods', pod);
  const { name } = f.waitRunning(pod.metadata.name).metadata;
  let left: string[] = [];
  try {
    f.cluster.poll('all lookups', () => {
      left = files.filter((file) => {
        const { code, body } = f.proxy('pods', name, `/results/${file}`);
        return code !== 200 || (content !== undefined && body.trim() !== content);
      });
      return left.length === 0;
    }, 120);
  } catch (error) {
    throw new Error(`lookups failed for ${left.join(' ')}`, { cause: error });
  }
  f.try('DELETE', f.path('pods', name), { gracePeriodSeconds: 0 });
}

/** Probes from both images. */
function lookups(f: Framework, names: readonly string[], hosts: readonly string[] = [], pointer = '', hostname?: string, subdomain?: string): void {
  const [wheezy, jessie] = [probe(names, hosts, pointer, 'wheezy'), probe(names, hosts, pointer, 'jessie')];
  validate(f, dnsPod(f, wheezy.command, jessie.command, hostname, subdomain), [...wheezy.files, ...jessie.files]);
}

function service(f: Framework, name: string, spec: Json, labels: Json = {}): Json {
  return f.create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name, labels }, spec: { ports: [{ port: 80, name: 'http', protocol: 'TCP' }], ...spec } });
}

describe('DNS', () => {
  conformance('DNS should provide DNS for the cluster', () => cluster, (f) => {
    lookups(f, [`kubernetes.default.svc.${DOMAIN}`]);
  });
  conformance('DNS should provide /etc/hosts entries for the cluster', () => cluster, (f) => {
    const names = [`dns-querier-1.dns-test-service.${f.namespace}.svc.${DOMAIN}`, 'dns-querier-1'];
    lookups(f, [], names, '', 'dns-querier-1', 'dns-test-service');
  });
  conformance('DNS should provide DNS for services', () => cluster, (f) => {
    const selector = { 'dns-test': 'true' };
    service(f, 'dns-test-service', { clusterIP: 'None', selector }, selector);
    const { clusterIP } = service(f, 'test-service-2', { selector }, selector).spec;
    const full = (name: string): string => `${name}.${f.namespace}.svc.${DOMAIN}`;
    const names = [full('dns-test-service'), full('_http._tcp.dns-test-service'), full('_http._tcp.test-service-2')];
    f.create('pods', f.pod('backend', { containers: [{ name: 'c', image: IMAGES.agnhost, args: ['test-webserver'] }] }, { labels: selector }));
    lookups(f, names, [], clusterIP);
  });
  conformance('DNS should resolve DNS of partial qualified names for services', () => cluster, (f) => {
    const selector = { 'dns-test': 'true' };
    service(f, 'dns-test-service', { clusterIP: 'None', selector }, selector);
    const { clusterIP } = service(f, 'test-service-2', { selector }, selector).spec;
    const headless = 'dns-test-service';
    const names = [headless, `${headless}.${f.namespace}`, `${headless}.${f.namespace}.svc`, `_http._tcp.${headless}.${f.namespace}.svc`, `_http._tcp.test-service-2.${f.namespace}.svc`];
    f.create('pods', f.pod('backend', { containers: [{ name: 'c', image: IMAGES.agnhost, args: ['test-webserver'] }] }, { labels: selector }));
    lookups(f, names, [], clusterIP);
  });
  for (const what of ['Hostname', 'Subdomain']) {
    conformance(`DNS should provide DNS for pods for ${what}`, () => cluster, (f) => {
      const selector = { 'dns-test-hostname-attribute': 'true' };
      const [serviceName, hostname] = ['dns-test-service-2', 'dns-querier-2'];
      service(f, serviceName, { clusterIP: 'None', selector }, selector);
      const host = `${hostname}.${serviceName}.${f.namespace}.svc.${DOMAIN}`;
      const [names, hosts] = what === 'Hostname' ? [[host], [host, hostname]] : [[host, `${serviceName}.${f.namespace}.svc.${DOMAIN}`], []];
      const [wheezy, jessie] = [probe(names, hosts, '', 'wheezy'), probe(names, hosts, '', 'jessie')];
      const pod = dnsPod(f, wheezy.command, jessie.command, hostname, serviceName);
      pod.metadata.labels = selector;
      validate(f, pod, [...wheezy.files, ...jessie.files]);
    });
  }
  conformance('DNS should provide DNS for ExternalName services', () => cluster, (f) => {
    const name = 'dns-test-service-3';
    f.create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { type: 'ExternalName', externalName: 'foo.example.com' } });
    const host = `${name}.${f.namespace}.svc.${DOMAIN}`;
    const targeted = (type: string, content: string): void => {
      const command = (prefix: string): string => `for i in \`seq 1 30\`; do dig +short ${host} ${type} > /results/${prefix}_udp@${host}; sleep 1; done`;
      validate(f, dnsPod(f, command('wheezy'), command('jessie')), [`wheezy_udp@${host}`, `jessie_udp@${host}`], content);
    };
    targeted('CNAME', 'foo.example.com.');
    f.update('services', name, (object) => {
      object.spec.externalName = 'bar.example.com';
    });
    targeted('CNAME', 'bar.example.com.');
    const { spec } = f.update('services', name, (object) => {
      object.spec.type = 'ClusterIP';
      object.spec.ports = [{ port: 80, name: 'http', protocol: 'TCP' }];
    });
    targeted('A', spec.clusterIP);
  });
  conformance('DNS should support configurable pod DNS nameservers', () => cluster, (f) => {
    const dnsConfig = { nameservers: ['1.1.1.1'], searches: ['resolv.conf.local'] };
    f.createSyncRunning(f.pod('test-dns-nameservers', { dnsPolicy: 'None', dnsConfig, containers: [{ name: 'agnhost-container', image: IMAGES.agnhost, args: ['pause'] }] }));
    const run = (argument: string): string => f.exec('test-dns-nameservers', ['/agnhost', argument]).stdout;
    expect(run('dns-suffix')).toContain('resolv.conf.local');
    expect(run('dns-server-list')).toContain('1.1.1.1');
    f.deleteSync('test-dns-nameservers', { gracePeriodSeconds: 0 });
  });
});
