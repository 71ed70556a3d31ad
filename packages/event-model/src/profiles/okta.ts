import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';
import { severityFrom } from './severity-attributes.ts';

const logSources = [{ product: 'okta', service: 'okta' }];

const actor: AttributeMap = {
  'actor.user.name': 'actor.alternateId',
  'actor.user.full_name': 'actor.displayName',
  'actor.user.uid': 'actor.id',
  'actor.user.type': 'actor.type',
  'actor.session.uid': 'authenticationContext.externalSessionId',
};

const onUser: AttributeMap = {
  ...actor,
  'user.name': 'target.alternateId',
  'user.full_name': 'target.displayName',
  'user.uid': 'target.id',
};

const logon: AttributeMap = {
  ...actor,
  'user.name': 'actor.alternateId',
  'user.full_name': 'actor.displayName',
  'user.uid': 'actor.id',
  'session.uid': 'authenticationContext.externalSessionId',
  'service.name': { value: 'Okta' },
};

const onGroup: AttributeMap = { ...onUser, 'group.name': 'target.displayName' };

const onEntity: AttributeMap = {
  ...actor,
  'entity.name': 'target.displayName',
  'entity.uid': 'target.id',
  'entity.type': 'target.type',
};

const onAccess: AttributeMap = { ...onUser, privileges: 'debugContext.debugData.privilegeGranted' };

/** Okta's System Log: its API, log streaming to EventBridge, and Elastic's module. */
export const okta: SourceProfile = {
  id: 'okta',
  product: { name: 'Okta System Log', vendor: 'Okta' },
  shapes: [
    {
      id: 'system-log',
      when: [{ field: 'eventType' }, { field: 'published' }, { field: 'actor.alternateId' }],
      prefixes: [''],
    },
    {
      id: 'system-log-legacy-type',
      when: [{ field: 'legacyEventType' }, { field: 'eventType' }],
      prefixes: [''],
    },
    {
      id: 'eventbridge',
      when: [{ field: 'detail.eventType' }, { field: 'detail.published' }],
      prefixes: ['detail.'],
    },
    {
      id: 'elastic',
      when: [{ field: 'okta.event_type' }],
      prefixes: ['okta.'],
      aliases: {
        published: ['okta.published', '@timestamp'],
        uuid: ['okta.uuid'],
        eventType: ['okta.event_type'],
        displayMessage: ['okta.display_message', 'message'],
        'actor.alternateId': ['okta.actor.alternate_id'],
        'actor.displayName': ['okta.actor.display_name'],
        'client.ipAddress': ['okta.client.ip', 'client.ip', 'source.ip'],
        'client.userAgent.rawUserAgent': ['okta.client.user_agent.raw_user_agent', 'user_agent.original'],
        'target.alternateId': ['okta.target.alternate_id'],
        'target.displayName': ['okta.target.display_name'],
        'securityContext.isProxy': ['okta.security_context.is_proxy'],
        'debugContext.debugData.requestUri': ['okta.debug_context.debug_data.request_uri'],
        'debugContext.debugData.behaviors': [
          'okta.debug_context.debug_data.behaviors',
          'okta.debug_context.debug_data.flattened.behaviors',
        ],
        'debugContext.debugData.logOnlySecurityData': [
          'okta.debug_context.debug_data.flattened.logOnlySecurityData',
        ],
        'authenticationContext.externalSessionId': ['okta.authentication_context.external_session_id'],
      },
    },
  ],
  time: [{ field: 'published', format: 'iso' }],
  attributes: {
    ...severityFrom({ severity: { DEBUG: 1, INFO: 1, WARN: 3, ERROR: 4 } }),
    'metadata.uid': 'uuid',
    'metadata.event_code': 'eventType',
    message: 'displayMessage',
    'src_endpoint.ip': { field: 'client.ipAddress', as: 'address' },
    'http_request.user_agent': 'client.userAgent.rawUserAgent',
    'http_request.url.path': 'debugContext.debugData.requestUri',
    status: {
      field: 'outcome.result',
      map: { success: 'Success', allow: 'Success', failure: 'Failure', deny: 'Failure' },
    },
    status_detail: 'outcome.reason',
  },
  kinds: [
    kind(['user.session.start'], 'authentication', [1, 'Logon'], logon),
    kind(['user.session.end', 'user.session.clear'], 'authentication', [2, 'Logoff'], logon),
    kind(['user.authentication.', 'app.generic.unauth_app_access_attempt'], 'authentication', [1, 'Logon'], {
      ...logon,
      'service.name': ['target.displayName', { value: 'Okta' }],
    }),
    kind(['user.lifecycle.create', 'user.lifecycle.import'], 'accountChange', [1, 'Create'], onUser),
    kind(
      [
        'user.lifecycle.activate',
        'user.lifecycle.reactivate',
        'user.lifecycle.unsuspend',
        'user.account.unlock',
      ],
      'accountChange',
      [2, 'Enable'],
      onUser,
    ),
    kind(['user.account.update_password'], 'accountChange', [3, 'Password Change'], onUser),
    kind(['user.account.reset_password'], 'accountChange', [4, 'Password Reset'], onUser),
    kind(['user.lifecycle.deactivate', 'user.lifecycle.suspend'], 'accountChange', [5, 'Disable'], onUser),
    kind(['user.lifecycle.delete'], 'accountChange', [6, 'Delete'], onUser),
    kind(['user.account.lock'], 'accountChange', [9, 'Lock'], onUser),
    kind(
      ['user.mfa.factor.activate', 'user.mfa.factor.unsuspend'],
      'accountChange',
      [10, 'MFA Factor Enable'],
      onUser,
    ),
    kind(
      ['user.mfa.factor.deactivate', 'user.mfa.factor.reset_all', 'user.mfa.factor.suspend'],
      'accountChange',
      [11, 'MFA Factor Disable'],
      onUser,
    ),
    kind(
      ['user.account.privilege.grant', 'group.privilege.grant'],
      'userAccess',
      [1, 'Assign Privileges'],
      onAccess,
    ),
    kind(
      ['user.account.privilege.revoke', 'group.privilege.revoke'],
      'userAccess',
      [2, 'Revoke Privileges'],
      onAccess,
    ),
    kind(['user.'], 'accountChange', [99, 'Other'], onUser),
    kind(['group.user_membership.add'], 'groupManagement', [3, 'Add User'], onGroup),
    kind(['group.user_membership.remove'], 'groupManagement', [4, 'Remove User'], onGroup),
    kind(['group.lifecycle.create'], 'groupManagement', [6, 'Create'], onGroup),
    kind(['group.lifecycle.delete'], 'groupManagement', [5, 'Delete'], onGroup),
    kind(['group.'], 'groupManagement', [99, 'Other'], onGroup),
    kind(
      [
        'application.lifecycle.create',
        'policy.lifecycle.create',
        'policy.rule.add',
        'zone.create',
        'system.api_token.create',
        'system.idp.lifecycle.create',
      ],
      'entityManagement',
      [1, 'Create'],
      onEntity,
    ),
    kind(
      [
        'application.lifecycle.delete',
        'policy.lifecycle.delete',
        'policy.rule.delete',
        'zone.delete',
        'network_zone.rule.disabled',
        'system.api_token.revoke',
        'system.idp.lifecycle.delete',
      ],
      'entityManagement',
      [4, 'Delete'],
      onEntity,
    ),
    kind(
      ['application.', 'policy.', 'zone.', 'network_zone.', 'system.idp.', 'iam.', 'device.'],
      'entityManagement',
      [3, 'Update'],
      onEntity,
    ),
    {
      when: [],
      logSources,
      class: 'apiActivity',
      activity: [99, 'Other'],
      attributes: { ...actor, 'api.operation': 'eventType', 'api.service.name': { value: 'Okta' } },
    },
  ],
};

function kind(
  eventTypes: readonly string[],
  ocsfClass: EventKind['class'],
  activity: EventKind['activity'],
  attributes: AttributeMap,
): EventKind {
  return {
    when: [{ field: 'eventType', prefix: eventTypes }],
    logSources,
    class: ocsfClass,
    activity,
    attributes,
  };
}
