/**
 * Well-known programs other than busybox: web servers, databases, agnhost, and the small ones of the documentation.
 */
import type { Applet } from './applet.ts';
import { agnhost } from './agnhost/agnhost.ts';
import { dig, getent } from './dns-command.ts';
import { etcd, goproxy } from './etcd.ts';
import { effectiveUser } from './kernel-command.ts';
import { curl } from './network-command.ts';
import { nginx, apache, helloApp } from './web-server.ts';
import { perl } from './perl.ts';
import { postgres, redis, redisClient } from './database.ts';
import { stress } from './stress.ts';
import { anything, pause } from './pause.ts';

export const SERVERS: Readonly<Record<string, Applet>> = {
  agnhost, apache, anything, curl, dig, etcd, getent, goproxy, 'hello-app': helloApp, nginx, nonewprivs: effectiveUser, pause, perl, postgres, 'redis-cli': redisClient, 'redis-server': redis, stress,
};
