import { Buffer } from 'node:buffer';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createDecoder } from '../decode/create-decoder.ts';
import type { LogSource } from '../log-source.ts';
import { sourceProfiles } from './source-profiles.ts';

/**
 * Recognition against events of over a hundred log types, and the log sources of profiles against those that SigmaHQ's
 * rules name. The corpus is read where it is (PARAPET_CORPUS, default ../shared/corpus from the root).
 */
const root = resolve(import.meta.dirname, '../../../..');
const corpus = resolve(root, process.env['PARAPET_CORPUS'] || '../shared/corpus');
const hasCorpus = existsSync(join(corpus, 'INDEX.md'));
if (!hasCorpus) console.warn(`Skipped: there is no corpus at ${corpus}; set PARAPET_CORPUS to its folder.`);

/** Log type -> profile, and the share of its events that must be recognised; the rest have too little left in them to tell. */
const logTypes: Readonly<Record<string, readonly [source: string, share: number]>> = {
  'AWS.CloudTrail': ['aws-cloudtrail', 1],
  'Okta.SystemLog': ['okta', 1],
  'GitHub.Audit': ['github-audit', 1],
  'Amazon.EKS.Audit': ['kubernetes-audit', 1],
  'GCP.AuditLog': ['gcp-audit', 0.95],
  'GSuite.ActivityEvent': ['google-workspace', 1],
  'Azure.MonitorActivity': ['azure', 1],
  'Azure.Audit': ['azure', 1],
  'Microsoft365.Audit.AzureActiveDirectory': ['m365', 1],
  'OneLogin.Events': ['onelogin', 1],
  'Duo.Administrator': ['cisco-duo', 0.5],
  'Duo.Authentication': ['cisco-duo', 1],
  // Two of the ten are OCSF, the others Amazon's own format under the same log type.
  'OCSF.DnsActivity': ['ocsf', 0.2],
  'OCSF.NetworkActivity': ['ocsf', 0],
};

/** What takes an event of which no profile is certain. */
const unclaimed = ['generic', 'ecs'];

/** A Google Cloud audit event that a test hands to a rule for other log types, to see that the rule says no. */
const mixedUp = [
  'Asana.Audit|Atlassian.Audit|AWS.CloudTrail|Box.Event|GSuite.ActivityEvent|Okta.SystemLog|OneLogin.Events|OnePassword.SignInAttempt: gcp-audit',
];

/** The corpus's producer writes keys in its own way: these are the vendors'. */
const vendorKeys: Readonly<Record<string, string>> = {
  authenticationcontext: 'authenticationContext',
  debugcontext: 'debugContext',
  displaymessage: 'displayMessage',
  eventtype: 'eventType',
  legacyeventtype: 'legacyEventType',
  securitycontext: 'securityContext',
  alternateid: 'alternateId',
  operationname: 'operationName',
  resourceid: 'resourceId',
  protopayload: 'protoPayload',
  methodname: 'methodName',
  servicename: 'serviceName',
};

interface PantherEvent {
  readonly logTypes: readonly string[] | null;
  readonly event: object;
}

describe.skipIf(!hasCorpus)('sources of the corpus', () => {
  test('every log type with a profile is recognised, and no event is claimed by another profile', () => {
    const lines = gunzipSync(readFileSync(join(corpus, 'panther/tests.ndjson.gz')))
      .toString('utf8')
      .trim()
      .split('\n');
    const decoder = createDecoder({ fields: () => [] });
    const seen = new Map<string, { events: number; recognised: number }>();
    const wrong: string[] = [];
    for (const line of lines) {
      const { logTypes: types, event } = JSON.parse(line) as PantherEvent;
      if (types === null) continue;
      const source = sourceOf(decoder, asVendorWrites(event));
      const expected = types.flatMap((type) => logTypes[type]?.[0] ?? []);
      if (!unclaimed.includes(source) && !expected.includes(source))
        wrong.push(`${types.join('|')}: ${source}`);
      // Events that test several log types are of one of them, which is not said.
      const alone = types.filter((type) => logTypes[type] !== undefined);
      if (alone.length !== 1 || (types.length > 1 && !types.some((type) => type.startsWith('OCSF.'))))
        continue;
      const counts = seen.get(alone[0]!) ?? { events: 0, recognised: 0 };
      counts.events += 1;
      if (source === expected[0]) counts.recognised += 1;
      seen.set(alone[0]!, counts);
    }
    expect(wrong).toEqual(mixedUp);
    for (const [type, [, share]] of Object.entries(logTypes)) {
      const { events, recognised } = seen.get(type) ?? { events: 0, recognised: 0 };
      expect(events, type).toBeGreaterThan(0);
      expect(recognised / events, `${type}: ${recognised} of ${events}`).toBeGreaterThanOrEqual(share);
    }
  });

  test('CloudTrail files of simulated attacks are CloudTrail, every event of them', () => {
    const decoder = createDecoder({ fields: () => [] });
    const files = globSync('cloudtrail-stratus/**/*.json', { cwd: corpus });
    expect(files.length).toBeGreaterThan(30);
    for (const file of files) {
      const value = readFileSync(join(corpus, file));
      const { batches } = decoder.decode([aRecord(value)]);
      expect(
        batches.map((batch) => batch.source),
        file,
      ).toEqual(['aws-cloudtrail']);
    }
  });

  test('every log source that a SigmaHQ rule names is one of a profile, or is listed', () => {
    const offered = sourceProfiles.flatMap((profile) => profile.kinds.flatMap((kind) => kind.logSources));
    const missing = new Set<string>();
    for (const path of globSync('sigma/rules*/**/*.yml', { cwd: corpus })) {
      const wanted = logSourceOf(readFileSync(join(corpus, path), 'utf8'));
      if (!offered.some((one) => covers(one, wanted)))
        missing.add([wanted.product ?? '*', wanted.category ?? '*', wanted.service ?? '*'].join('/'));
    }
    expect([...missing].sort()).toEqual(withoutProfile);
  });
});

/**
 * product/category/service that SigmaHQ has rules for and no profile speaks of: application logs and network devices that
 * have no JSON form of their own, so that there is nothing to recognise; `parapet-source` names a profile for them.
 */
const withoutProfile: readonly string[] = [
  'cisco/*/aaa',
  'cisco/*/bgp',
  'cisco/*/ldp',
  'cisco/*/syslog',
  'django/application/*',
  'fortigate/*/event',
  'fortios/*/sslvpnd',
  'huawei/*/bgp',
  'juniper/*/bgp',
  'jvm/application/*',
  'nodejs/application/*',
  'paloalto/appliance/globalprotect',
  'paloalto/file_event/globalprotect',
  'python/application/*',
  'ruby_on_rails/application/*',
  'spring/application/*',
  'sql/application/*',
  'velocity/application/*',
];

function aRecord(value: Uint8Array) {
  return { topicId: 'topic', partition: 0, offset: 0, timestamp: 0, value, headers: {} };
}

function sourceOf(decoder: ReturnType<typeof createDecoder>, event: object): string {
  const { batches } = decoder.decode([aRecord(Buffer.from(JSON.stringify(event)))]);
  return batches[0]?.source ?? 'none';
}

function asVendorWrites(value: unknown): object {
  const write = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(write);
    return Object.fromEntries(
      Object.entries(part).map(([key, inner]) => [vendorKeys[key] ?? key, write(inner)]),
    );
  };
  return write(value) as object;
}

function logSourceOf(rule: string): LogSource {
  const block = /^logsource:\r?\n((?:[ \t]+.*\r?\n|\r?\n)+)/m.exec(rule)?.[1] ?? '';
  const part = (key: string): string | undefined =>
    new RegExp(`^\\s+${key}:\\s*['"]?([^'"#\\r\\n]+?)['"]?\\s*(?:#.*)?$`, 'm').exec(block)?.[1];
  return Object.fromEntries(
    (['product', 'category', 'service'] as const).flatMap((key) => {
      const value = part(key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function covers(offered: LogSource, wanted: LogSource): boolean {
  return (['product', 'category', 'service'] as const).every(
    (key) => wanted[key] === undefined || wanted[key]?.toLowerCase() === offered[key]?.toLowerCase(),
  );
}
