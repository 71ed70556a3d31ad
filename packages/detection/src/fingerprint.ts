import { createHash } from 'node:crypto';
import type { Entities } from '@parapet/event-model';

/**
 * What makes two findings one alert: the rule and the entity it fired for. The entity is the host; without one the cloud
 * account together with the user (accounts are shared by many); else the source address, else the user. A rule that
 * fires for two users of one host is one alert: the evidence names both.
 */
export function fingerprintOf(ruleId: string, entities: Entities): string {
  return createHash('sha256')
    .update(JSON.stringify([ruleId, ...entityKey(entities)]))
    .digest('hex')
    .slice(0, 32);
}

const maxRemembered = 20_000;

/** `fingerprintOf`, which remembers what it said: one rule fires for the same entity again and again. */
export function createFingerprints(): (ruleId: string, entities: Entities) => string {
  const known = new Map<string, string>();
  return (ruleId, entities) => {
    const key = [ruleId, ...entityKey(entities)].join('\0');
    let fingerprint = known.get(key);
    if (fingerprint === undefined) {
      fingerprint = fingerprintOf(ruleId, entities);
      if (known.size >= maxRemembered) known.clear();
      known.set(key, fingerprint);
    }
    return fingerprint;
  };
}

function entityKey({ host, account, user, sourceAddress }: Entities): readonly string[] {
  if (host !== undefined) return ['host', host.toLowerCase()];
  if (account !== undefined) return ['account', account, user ?? ''];
  if (sourceAddress !== undefined) return ['address', sourceAddress];
  return user === undefined ? [] : ['user', user.toLowerCase()];
}
