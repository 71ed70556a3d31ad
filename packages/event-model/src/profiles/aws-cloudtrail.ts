import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';

const identity: AttributeMap = {
  'actor.user.name': [
    'userIdentity.userName',
    'userIdentity.sessionContext.sessionIssuer.userName',
    { field: 'userIdentity.arn', as: 'arnName' },
    'userIdentity.invokedBy',
    'userIdentity.type',
  ],
  'actor.user.uid': ['userIdentity.arn', 'userIdentity.principalId'],
  'actor.user.type': 'userIdentity.type',
  'actor.user.credential_uid': 'userIdentity.accessKeyId',
  'actor.session.issuer': 'userIdentity.sessionContext.sessionIssuer.arn',
  'actor.session.is_mfa': {
    field: 'userIdentity.sessionContext.attributes.mfaAuthenticated',
    as: 'boolean',
  },
};

const call: AttributeMap = {
  ...identity,
  'api.operation': 'eventName',
  'api.service.name': 'eventSource',
  'api.request.uid': 'requestID',
  'api.response.error': 'errorCode',
  'api.response.message': 'errorMessage',
};

/** What a call does, told by how AWS names its operations; the first prefix that fits decides. */
const verbs: readonly (readonly [EventKind['activity'], readonly string[]])[] = [
  [
    [2, 'Read'],
    ['Get', 'List', 'Describe', 'BatchGet', 'Head', 'Lookup', 'Search', 'Query', 'Scan', 'Select'],
  ],
  [
    [4, 'Delete'],
    ['Delete', 'Remove', 'Terminate', 'Detach', 'Deregister', 'Disassociate', 'Revoke', 'Leave'],
  ],
  [
    [1, 'Create'],
    ['Create', 'Put', 'Run', 'Register', 'Add', 'Allocate', 'Import', 'Copy', 'Generate', 'Upload', 'Issue'],
  ],
  [
    [3, 'Update'],
    [
      'Update',
      'Modify',
      'Set',
      'Attach',
      'Associate',
      'Authorize',
      'Change',
      'Enable',
      'Disable',
      'Stop',
      'Start',
      'Reset',
    ],
  ],
];

const logSources = [{ product: 'aws', service: 'cloudtrail' }];

/** AWS CloudTrail: single events, `{"Records": [...]}` files (the decoder opens them) and EventBridge's envelope. */
export const awsCloudtrail: SourceProfile = {
  id: 'aws-cloudtrail',
  product: { name: 'CloudTrail', vendor: 'AWS' },
  platform: 'aws',
  shapes: [
    {
      id: 'event',
      when: [{ field: 'eventSource' }, { field: 'eventName' }, { field: 'userIdentity' }],
      prefixes: [''],
    },
    {
      id: 'service-event',
      when: [{ field: 'eventSource' }, { field: 'eventName' }, { field: 'awsRegion' }],
      prefixes: [''],
    },
    {
      id: 'versioned-event',
      when: [{ field: 'eventName' }, { field: 'eventVersion' }, { field: 'awsRegion' }],
      prefixes: [''],
    },
    {
      id: 'eventbridge',
      when: [{ field: 'detail.eventSource' }, { field: 'detail.eventName' }],
      prefixes: ['detail.'],
    },
    {
      id: 'elastic',
      when: [{ field: 'event.dataset', is: ['aws.cloudtrail'] }, { field: 'event.action' }],
      prefixes: ['aws.cloudtrail.'],
      aliases: {
        eventTime: ['@timestamp'],
        eventName: ['event.action'],
        eventSource: ['event.provider'],
        eventID: ['event.id'],
        eventType: ['aws.cloudtrail.event_type'],
        awsRegion: ['cloud.region'],
        recipientAccountId: ['cloud.account.id', 'aws.cloudtrail.recipient_account_id'],
        sourceIPAddress: ['source.address', 'source.ip'],
        userAgent: ['user_agent.original'],
        requestID: ['aws.cloudtrail.request_id'],
        errorCode: ['aws.cloudtrail.error_code'],
        errorMessage: ['aws.cloudtrail.error_message'],
        'userIdentity.type': ['aws.cloudtrail.user_identity.type'],
        'userIdentity.arn': ['aws.cloudtrail.user_identity.arn'],
        'userIdentity.userName': [
          'user.name',
          'aws.cloudtrail.user_identity.session_context.session_issuer.user_name',
        ],
        'userIdentity.accessKeyId': ['aws.cloudtrail.user_identity.access_key_id'],
        requestParameters: ['aws.cloudtrail.request_parameters'],
        responseElements: ['aws.cloudtrail.response_elements'],
        'additionalEventData.MFAUsed': ['aws.cloudtrail.console_login.additional_eventdata.mfa_used'],
      },
    },
  ],
  time: [{ field: 'eventTime', format: 'iso' }],
  attributes: {
    'cloud.provider': { value: 'AWS' },
    'cloud.account.uid': ['recipientAccountId', 'userIdentity.accountId'],
    'cloud.region': 'awsRegion',
    'src_endpoint.ip': { field: 'sourceIPAddress', as: 'address' },
    'src_endpoint.domain': { field: 'sourceIPAddress', as: 'host' },
    'http_request.user_agent': 'userAgent',
    'metadata.uid': 'eventID',
    'metadata.event_code': 'eventName',
    status: [{ field: 'errorCode', map: {}, otherwise: 'Failure' }, { value: 'Success' }],
    status_code: 'errorCode',
    status_detail: 'errorMessage',
  },
  kinds: [
    {
      when: [{ field: 'eventName', is: ['ConsoleLogin', 'SwitchRole', 'GetSigninToken'] }],
      logSources,
      class: 'authentication',
      activity: [1, 'Logon'],
      attributes: {
        ...identity,
        'user.name': [
          'userIdentity.userName',
          { field: 'userIdentity.arn', as: 'arnName' },
          'userIdentity.type',
        ],
        'user.uid': ['userIdentity.arn', 'userIdentity.principalId'],
        'api.operation': 'eventName',
        'api.service.name': 'eventSource',
        is_mfa: { field: 'additionalEventData.MFAUsed', as: 'boolean' },
        status: [
          { field: 'responseElements.ConsoleLogin', map: { success: 'Success', failure: 'Failure' } },
          { field: 'errorCode', map: {}, otherwise: 'Failure' },
          { value: 'Success' },
        ],
      },
    },
    ...verbs.map(
      ([activity, prefix]): EventKind => ({
        when: [{ field: 'eventName', prefix }],
        logSources,
        class: 'apiActivity',
        activity,
        attributes: call,
      }),
    ),
    { when: [], logSources, class: 'apiActivity', activity: [99, 'Other'], attributes: call },
  ],
};
