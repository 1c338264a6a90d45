/**
 * What `kubectl explain` says about types and fields: the documentation that the type packages carry.
 *
 * Kept apart from the simulation, which never reads it.
 */
import admissionregistration from '../api-server/schema/description/admissionregistration.json' with { type: 'json' };
import apiextensions from '../api-server/schema/description/apiextensions.json' with { type: 'json' };
import apiregistration from '../api-server/schema/description/apiregistration.json' with { type: 'json' };
import apps from '../api-server/schema/description/apps.json' with { type: 'json' };
import authentication from '../api-server/schema/description/authentication.json' with { type: 'json' };
import authorization from '../api-server/schema/description/authorization.json' with { type: 'json' };
import autoscaling from '../api-server/schema/description/autoscaling.json' with { type: 'json' };
import batch from '../api-server/schema/description/batch.json' with { type: 'json' };
import certificates from '../api-server/schema/description/certificates.json' with { type: 'json' };
import coordination from '../api-server/schema/description/coordination.json' with { type: 'json' };
import core from '../api-server/schema/description/core.json' with { type: 'json' };
import discovery from '../api-server/schema/description/discovery.json' with { type: 'json' };
import events from '../api-server/schema/description/events.json' with { type: 'json' };
import flowcontrol from '../api-server/schema/description/flowcontrol.json' with { type: 'json' };
import meta from '../api-server/schema/description/meta.json' with { type: 'json' };
import networking from '../api-server/schema/description/networking.json' with { type: 'json' };
import node from '../api-server/schema/description/node.json' with { type: 'json' };
import policy from '../api-server/schema/description/policy.json' with { type: 'json' };
import rbac from '../api-server/schema/description/rbac.json' with { type: 'json' };
import scheduling from '../api-server/schema/description/scheduling.json' with { type: 'json' };
import storage from '../api-server/schema/description/storage.json' with { type: 'json' };

const GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  admissionregistration,
  apiextensions,
  apiregistration,
  apps,
  authentication,
  authorization,
  autoscaling,
  batch,
  certificates,
  coordination,
  core,
  discovery,
  events,
  flowcontrol,
  meta,
  networking,
  node,
  policy,
  rbac,
  scheduling,
  storage,
};

/** The documentation of `core.v1.Pod` or `core.v1.Pod.spec`. */
export const describeField = (path: string): string | undefined => GROUPS[path.slice(0, path.indexOf('.'))]?.[path];
