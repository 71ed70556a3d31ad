import type { AttributeMap, EventKind, SourceProfile, SourceShape } from '../source-profile.ts';
import { severityFrom } from './severity-attributes.ts';

const service = (...names: readonly string[]): EventKind['logSources'] =>
  names.map((name) => ({ product: 'azure', service: name }));

const caller: AttributeMap = {
  'actor.user.name': [
    'properties.userPrincipalName',
    'properties.initiatedBy.user.userPrincipalName',
    'identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn',
    'identity.claims.name',
    'Caller',
    'caller',
    'properties.initiatedBy.app.displayName',
    'properties.servicePrincipalName',
    'identity.claims.appid',
  ],
  'actor.user.uid': ['properties.userId', 'properties.initiatedBy.user.id', 'properties.servicePrincipalId'],
};

const call: AttributeMap = {
  ...caller,
  'api.operation': 'operationName',
  'api.request.uid': 'correlationId',
  'api.response.code': { field: 'resultSignature', as: 'number' },
  'resources.uid': 'resourceId',
};

const signIn: AttributeMap = {
  ...caller,
  'user.name': ['properties.userPrincipalName', 'properties.servicePrincipalName'],
  'user.uid': ['properties.userId', 'properties.servicePrincipalId'],
  'service.name': ['properties.appDisplayName', 'properties.resourceDisplayName'],
  auth_protocol: 'properties.authenticationProtocol',
  is_mfa: {
    field: 'properties.authenticationRequirement',
    map: { multiFactorAuthentication: true, singleFactorAuthentication: false },
  },
  status: [
    {
      field: 'ResultType',
      map: { '0': 'Success', success: 'Success' },
      otherwise: 'Failure',
    },
  ],
  status_code: 'ResultType',
  status_detail: 'ResultDescription',
  'device.uid': 'properties.deviceDetail.deviceId',
  'device.hostname': { field: 'properties.deviceDetail.displayName', as: 'host' },
};

const onEntity: AttributeMap = {
  ...caller,
  'entity.name': ['properties.targetResources.displayName', 'properties.targetResources.userPrincipalName'],
  'entity.uid': 'properties.targetResources.id',
  'entity.type': 'properties.targetResources.type',
};

const risk: AttributeMap = {
  ...severityFrom({ 'properties.riskLevel': { low: 2, medium: 3, high: 4 } }),
  'actor.user.name': 'properties.userPrincipalName',
  'finding_info.title': 'riskEventType',
  'finding_info.uid': 'properties.id',
  'evidences.src_endpoint.ip': { field: 'properties.ipAddress', as: 'address' },
};

/** The categories of diagnostic settings, with the tables of Log Analytics that hold the same. */
const signIns = [
  'SignInLogs',
  'SigninLogs',
  'NonInteractiveUserSignInLogs',
  'ServicePrincipalSignInLogs',
  'ManagedIdentitySignInLogs',
  'ADFSSignInLogs',
];
const directoryAudits = ['AuditLogs'];
const risks = ['UserRiskEvents', 'RiskyUsers', 'ServicePrincipalRiskEvents', 'RiskyServicePrincipals'];
const activities = [
  'Administrative',
  'Policy',
  'Security',
  'ServiceHealth',
  'Alert',
  'Autoscale',
  'ResourceHealth',
  'Recommendation',
];
const storage = ['StorageRead', 'StorageWrite', 'StorageDelete'];

/** Names that rules use, and where diagnostic settings have the same. */
const aliases: NonNullable<SourceShape['aliases']> = {
  category: ['category', 'Category'],
  CategoryValue: ['category', 'CategoryValue'],
  Category: ['properties.category', 'category', 'Category'],
  OperationName: ['operationName', 'OperationName'],
  OperationNameValue: ['operationName', 'OperationNameValue'],
  ResourceId: ['resourceId', 'ResourceId'],
  ResourceProviderValue: ['resourceProvider', 'ResourceProviderValue'],
  // The activity's name, as the portal shows it, is the message that rules mean.
  'properties.message': ['properties.message', 'properties.activityDisplayName', 'operationName'],
  ActivityDisplayName: ['properties.activityDisplayName'],
  ActivityType: ['properties.activityDisplayName'],
  LoggedByService: ['properties.loggedByService'],
  Initiatedby: ['properties.initiatedBy'],
  TargetResources: ['properties.targetResources'],
  'TargetResources.ModifiedProperties.DisplayName': [
    'properties.targetResources.modifiedProperties.displayName',
  ],
  'TargetResources.ModifiedProperties.NewValue': ['properties.targetResources.modifiedProperties.newValue'],
  'TargetResources.modifiedProperties': ['properties.targetResources.modifiedProperties'],
  'TargetResources.modifiedProperties.newValue': ['properties.targetResources.modifiedProperties.newValue'],
  'targetResources.type': ['properties.targetResources.type'],
  ResultType: ['resultType', 'properties.status.errorCode', 'ResultType'],
  ResultDescription: ['resultDescription', 'properties.status.failureReason', 'ResultDescription'],
  Resultdescription: ['resultDescription', 'properties.status.failureReason'],
  Status: ['properties.status.value', 'properties.result', 'status.value', 'resultSignature', 'resultType'],
  AuthenticationRequirement: ['properties.authenticationRequirement'],
  ClientApp: ['properties.clientAppUsed'],
  ResourceDisplayName: ['properties.resourceDisplayName'],
  'DeviceDetail.deviceId': ['properties.deviceDetail.deviceId'],
  'DeviceDetail.isCompliant': ['properties.deviceDetail.isCompliant'],
  'DeviceDetail.trusttype': ['properties.deviceDetail.trustType'],
  RiskState: ['properties.riskState'],
  NetworkLocationDetails: ['properties.networkLocationDetails'],
  Username: ['properties.userPrincipalName'],
  userAgent: ['properties.userAgent'],
  conditionalAccessStatus: ['properties.conditionalAccessStatus'],
  riskEventType: ['properties.riskEventType', 'properties.riskType'],
};

/** Azure Monitor's activity log and the logs of Entra ID, as diagnostic settings stream them to event hubs and storage. */
export const azure: SourceProfile = {
  id: 'azure',
  product: { name: 'Azure Monitor', vendor: 'Microsoft' },
  platform: 'azure',
  shapes: [
    shape('diagnostic', [{ field: 'operationName' }, { field: 'category' }, { field: 'resourceId' }]),
    shape('activity', [
      { field: 'operationName' },
      { field: 'resourceId', prefix: ['/subscriptions/', '/tenants/'] },
    ]),
    shape('storage', [{ field: 'category', is: storage }, { field: 'operationName' }]),
  ],
  time: [
    { field: 'time', format: 'iso' },
    { field: 'properties.createdDateTime', format: 'iso' },
    { field: 'properties.activityDateTime', format: 'iso' },
    { field: '@timestamp', format: 'iso' },
  ],
  attributes: {
    ...severityFrom({
      level: {
        informational: 1,
        information: 1,
        warning: 3,
        error: 4,
        critical: 5,
        '4': 1,
        '3': 3,
        '2': 4,
        '1': 5,
      },
      Level: {
        informational: 1,
        information: 1,
        warning: 3,
        error: 4,
        critical: 5,
        '4': 1,
        '3': 3,
        '2': 4,
        '1': 5,
      },
    }),
    'cloud.provider': { value: 'Azure' },
    'cloud.account.uid': 'tenantId',
    'cloud.region': 'location',
    'metadata.log_name': 'category',
    'metadata.event_code': 'operationName',
    'metadata.correlation_uid': 'correlationId',
    'src_endpoint.ip': [
      { field: 'callerIpAddress', as: 'address' },
      { field: 'properties.ipAddress', as: 'address' },
    ],
    'http_request.user_agent': 'properties.userAgent',
    status: {
      field: 'resultType',
      map: { success: 'Success', succeeded: 'Success', failure: 'Failure', failed: 'Failure' },
    },
  },
  kinds: [
    kind(signIns, service('signinlogs'), 'authentication', [1, 'Logon'], signIn),
    kind(risks, service('riskdetection', 'pim'), 'detectionFinding', [1, 'Create'], risk),
    ...(
      [
        [
          [1, 'Create'],
          ['Add', 'Create', 'Invite', 'Register'],
        ],
        [
          [4, 'Delete'],
          ['Delete', 'Remove', 'Hard Delete'],
        ],
      ] as const
    ).map(
      ([activity, prefix]): EventKind => ({
        when: [
          { field: 'category', is: directoryAudits },
          { field: 'operationName', prefix },
        ],
        logSources: service('auditlogs'),
        class: 'entityManagement',
        activity,
        attributes: onEntity,
      }),
    ),
    kind(directoryAudits, service('auditlogs'), 'entityManagement', [3, 'Update'], onEntity),
    kind(['StorageRead'], service('storage'), 'apiActivity', [2, 'Read'], call),
    kind(['StorageWrite'], service('storage'), 'apiActivity', [3, 'Update'], call),
    kind(['StorageDelete'], service('storage'), 'apiActivity', [4, 'Delete'], call),
    kind(activities, service('activitylogs'), 'apiActivity', [99, 'Other'], call),
    {
      when: [],
      logSources: [{ product: 'azure' }],
      class: 'apiActivity',
      activity: [99, 'Other'],
      attributes: call,
    },
  ],
};

function shape(id: string, when: SourceShape['when']): SourceShape {
  return { id, when, prefixes: ['', 'properties.'], aliases };
}

function kind(
  categories: readonly string[],
  logSources: EventKind['logSources'],
  ...[ocsfClass, activity, attributes]: readonly [EventKind['class'], EventKind['activity'], AttributeMap]
): EventKind {
  return {
    when: [{ field: 'category', is: categories }],
    logSources,
    class: ocsfClass,
    activity,
    attributes,
  };
}
