import type { Intrusion } from './intrusion.ts';
import { office } from './office.ts';
import { cloudTrailEvent } from './other-events.ts';
import { starterRules } from './starter-rule-ids.ts';

const thief = '203.0.113.24';
const user = 'deploy-bot';
const accomplice = 'backup-svc';
const about = office.cloudAccount;

/** A stolen password becomes a copied disk in another account. */
export const cloudIntrusion: Intrusion = {
  title: 'Stolen cloud password to a copied disk',
  startsBefore: 1500,
  steps: [
    {
      title: `${user} logged on to the console from ${thief} without a second factor`,
      technique: 'T1078.004',
      after: 0,
      rule: starterRules.consoleWithoutMfa,
      about,
      events: (random, time) => [
        cloudTrailEvent(random, time, {
          name: 'ConsoleLogin',
          service: 'signin',
          user,
          from: thief,
          response: { ConsoleLogin: 'Success' },
          extra: {
            eventType: 'AwsConsoleSignIn',
            additionalEventData: {
              LoginTo: 'https://console.aws.amazon.com/console/home',
              MobileVersion: 'No',
              MFAUsed: 'No',
            },
          },
        }),
      ],
    },
    {
      title: `An access key was made for ${accomplice}`,
      technique: 'T1098.001',
      after: 90,
      rule: starterRules.accessKeyCreated,
      about,
      events: (random, time) => [
        cloudTrailEvent(random, time, {
          name: 'CreateAccessKey',
          service: 'iam',
          user,
          from: thief,
          parameters: { userName: accomplice },
          response: {
            accessKey: { userName: accomplice, accessKeyId: 'AKIAEXAMPLEBACKUP', status: 'Active' },
          },
        }),
      ],
    },
    {
      title: 'That user was given every right',
      technique: 'T1098.003',
      after: 120,
      rule: starterRules.administratorPolicy,
      about,
      events: (random, time) => [
        cloudTrailEvent(random, time, {
          name: 'AttachUserPolicy',
          service: 'iam',
          user,
          from: thief,
          parameters: { userName: accomplice, policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
        }),
      ],
    },
    {
      title: 'The trail that records the account was stopped',
      technique: 'T1685.002',
      after: 240,
      rule: starterRules.trailStopped,
      about,
      events: (random, time) => [
        cloudTrailEvent(random, time, {
          name: 'StopLogging',
          service: 'cloudtrail',
          user: accomplice,
          from: thief,
          parameters: { name: `arn:aws:cloudtrail:eu-central-1:${about}:trail/org-trail` },
        }),
      ],
    },
    {
      title: 'The bucket with financial exports was opened to everyone',
      technique: 'T1530',
      after: 420,
      rule: starterRules.bucketPublic,
      about,
      events: (random, time) => [
        cloudTrailEvent(random, time, {
          name: 'DeleteBucketPublicAccessBlock',
          service: 's3',
          user: accomplice,
          from: thief,
          parameters: { bucketName: 'corp-finance-exports', Host: 'corp-finance-exports.s3.amazonaws.com' },
        }),
      ],
    },
    {
      title: 'A snapshot of a disk was shared with a foreign account',
      technique: 'T1537',
      after: 640,
      rule: starterRules.snapshotShared,
      about,
      events: (random, time) => [
        cloudTrailEvent(random, time, {
          name: 'ModifySnapshotAttribute',
          service: 'ec2',
          user: accomplice,
          from: thief,
          parameters: {
            snapshotId: 'snap-0f3b9a7c21d4e5f60',
            createVolumePermission: { add: { items: [{ userId: '999988887777' }] } },
            attributeType: 'CREATE_VOLUME_PERMISSION',
          },
          response: { _return: true },
        }),
      ],
    },
  ],
};
