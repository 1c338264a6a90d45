/**
 * The custom kinds of a running server: they follow the stored definitions.
 *
 * A definition that is established is served from the very moment at which this server sees it; its objects can only
 * come later in the same stream of events, so their cache is complete. What the definition says is compiled once a change.
 * Each server runs the controllers of definitions, as upstream does; they agree by compare-and-swap.
 */
import type { KubeObject } from '../../object/types.ts';
import type { Task } from '../../client/process.ts';
import type { Services } from '../handlers/services.ts';
import { establish } from './controller/establishing.ts';
import { finalizeDefinition } from './controller/finalizer.ts';
import { checkStructure } from './controller/non-structural.ts';
import { acceptNames } from './controller/naming.ts';
import { customKind } from './custom-kind.ts';
import { sameJson } from '../validation/check.ts';
import { DEFINITIONS, isConditionTrue, type Definition } from './definition.ts';

export class CustomKinds {
  private readonly services: Services;
  /** The definitions that are served, by name, as they were when their kinds were compiled. */
  private readonly served = new Map<string, Definition>();
  /** Definitions that a controller works on right now; another change is looked at when it is done. */
  private readonly busy = new Map<string, boolean>();

  constructor(services: Services) {
    this.services = services;
    services.storage.onChange(DEFINITIONS, (name, object) => this.take(name, object));
  }

  private take(name: string, object: KubeObject | undefined): void {
    const definition = object as Definition | undefined;
    this.serve(name, definition);
    if (definition !== undefined) this.control(name);
    else for (const other of this.services.storage.list(DEFINITIONS, '')) this.control(other.metadata.name);
  }

  private serve(name: string, definition: Definition | undefined): void {
    const { kinds, storage } = this.services;
    const before = this.served.get(name);
    const isServed = definition !== undefined && isConditionTrue(definition, 'Established') && definition.spec.versions.some((version) => version.served);
    if (!isServed) {
      if (before === undefined) return;
      this.served.delete(name);
      kinds.delete(keyOf(before));
      storage.close({ group: before.spec.group, resource: before.spec.names.plural });
      return;
    }
    if (before !== undefined && sameJson(before.spec, definition.spec) && sameJson(before.status.acceptedNames, definition.status.acceptedNames) && isTerminating(before) === isTerminating(definition)) return;
    if (before !== undefined) storage.close({ group: before.spec.group, resource: before.spec.names.plural });
    this.served.set(name, definition);
    const kind = customKind(definition);
    kinds.set(keyOf(definition), kind);
    storage.add(kind.storage, kind.keyPrefix);
  }

  /** Lets the controllers look at a definition, one run at a time. */
  private control(name: string): void {
    if (this.busy.has(name)) {
      this.busy.set(name, true);
      return;
    }
    this.busy.set(name, false);
    this.services.process.go(this.run(name));
  }

  private *run(name: string): Task {
    for (;;) {
      yield* acceptNames(this.services, name);
      yield* establish(this.services, name);
      yield* checkStructure(this.services, name);
      yield* finalizeDefinition(this.services, name);
      if (this.busy.get(name) !== true) break;
      this.busy.set(name, false);
    }
    this.busy.delete(name);
  }
}

const isTerminating = (definition: Definition): boolean => isConditionTrue(definition, 'Terminating');
const keyOf = ({ spec }: Definition): string => `${spec.group}/${spec.names.plural}`;
