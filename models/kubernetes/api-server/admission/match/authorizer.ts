/**
 * `authorizer` in CEL: asks whether somebody may do something. Source: apiserver/pkg/cel/library/authz.go.
 */
import type { Environment } from '@marcbachmann/cel-js';
import type { UserInfo } from '../../../api/message.ts';
import { serviceAccountUser } from '../../../api/service-account.ts';
import type { Action } from '../../authorization/rbac.ts';
import type { AdmissionRequest } from './request.ts';

/** What is asked: a resource or a path. */
export interface Question extends Action {
  readonly path?: string;
}
export type Decide = (user: UserInfo, question: Question) => boolean;

export class Authorizer {
  readonly decide: Decide;
  readonly user: UserInfo;
  readonly request: AdmissionRequest;
  constructor(decide: Decide, user: UserInfo, request: AdmissionRequest) {
    this.decide = decide;
    this.user = user;
    this.request = request;
  }
  /** The resource that the request is about. */
  get requestResource(): ResourceCheck {
    const { group = '', resource = '' } = (this.request['resource'] ?? {}) as { group?: string; resource?: string };
    const text = (name: string): string => (this.request[name] as string | undefined) ?? '';
    return new ResourceCheck(this, { verb: '', group, resource, subresource: text('subResource'), namespace: text('namespace'), name: text('name') });
  }
}

class PathCheck {
  readonly authorizer: Authorizer;
  readonly path: string;
  constructor(authorizer: Authorizer, path: string) {
    this.authorizer = authorizer;
    this.path = path;
  }
}

class GroupCheck {
  readonly authorizer: Authorizer;
  readonly group: string;
  constructor(authorizer: Authorizer, group: string) {
    this.authorizer = authorizer;
    this.group = group;
  }
}

class ResourceCheck {
  readonly authorizer: Authorizer;
  readonly question: Question;
  constructor(authorizer: Authorizer, question: Question) {
    this.authorizer = authorizer;
    this.question = question;
  }
  with(part: Partial<Question>): ResourceCheck {
    return new ResourceCheck(this.authorizer, { ...this.question, ...part });
  }
}

class Decision {
  readonly isAllowed: boolean;
  constructor(isAllowed: boolean) {
    this.isAllowed = isAllowed;
  }
}

const NOTHING: Question = { verb: '', group: '', resource: '', subresource: '', namespace: '', name: '' };

export function registerAuthorizer(env: Environment): void {
  const at = (name: string): string => `kubernetes.authorization.${name}`;
  const [authorizer, path, group, resource, decision] = [at('Authorizer'), at('PathCheck'), at('GroupCheck'), at('ResourceCheck'), at('Decision')];
  env.registerType(resource, ResourceCheck);
  env.registerType(authorizer, { ctor: Authorizer, fields: { requestResource: resource } });
  env.registerType(path, PathCheck);
  env.registerType(group, GroupCheck);
  env.registerType(decision, Decision);
  env.registerFunction(`${authorizer}.path(string): ${path}`, (self: Authorizer, text: string) => new PathCheck(self, text));
  env.registerFunction(`${authorizer}.group(string): ${group}`, (self: Authorizer, text: string) => new GroupCheck(self, text));
  env.registerFunction(`${authorizer}.serviceAccount(string, string): ${authorizer}`, (self: Authorizer, namespace: string, name: string) => new Authorizer(self.decide, serviceAccountUser(namespace, name), self.request));
  env.registerFunction(`${group}.resource(string): ${resource}`, (self: GroupCheck, text: string) => new ResourceCheck(self.authorizer, { ...NOTHING, group: self.group, resource: text }));
  for (const part of ['subresource', 'namespace', 'name'] as const) {
    env.registerFunction(`${resource}.${part}(string): ${resource}`, (self: ResourceCheck, text: string) => self.with({ [part]: text }));
  }
  for (const ignored of ['fieldSelector', 'labelSelector']) env.registerFunction(`${resource}.${ignored}(string): ${resource}`, (self: ResourceCheck) => self);
  env.registerFunction(`${path}.check(string): ${decision}`, ({ authorizer: self, path: text }: PathCheck, verb: string) => new Decision(self.decide(self.user, { ...NOTHING, verb, path: text })));
  env.registerFunction(`${resource}.check(string): ${decision}`, ({ authorizer: self, question }: ResourceCheck, verb: string) => new Decision(self.decide(self.user, { ...question, verb })));
  env.registerFunction(`${decision}.allowed(): bool`, ({ isAllowed }: Decision) => isAllowed);
  env.registerFunction(`${decision}.denied(): bool`, ({ isAllowed }: Decision) => !isAllowed);
  env.registerFunction(`${decision}.reason(): string`, () => '');
  env.registerFunction(`${decision}.errored(): bool`, () => false);
  env.registerFunction(`${decision}.error(): string`, () => '');
}
