import type { EventKind, SourceProfile, SourceShape } from '../source-profile.ts';

/** SigmaHQ's rules name the log source in both ways. */
const logSources = [{ product: 'kubernetes', category: 'application', service: 'audit' }];

/** OCSF API Activity by the API server's verb. */
const verbs: readonly (readonly [EventKind['activity'], readonly string[]])[] = [
  [
    [1, 'Create'],
    ['create', 'connect'],
  ],
  [
    [2, 'Read'],
    ['get', 'list', 'watch'],
  ],
  [
    [3, 'Update'],
    ['update', 'patch'],
  ],
  [
    [4, 'Delete'],
    ['delete', 'deletecollection'],
  ],
];

/** The audit log of the Kubernetes API server (audit.k8s.io), also as managed clusters and Elastic's module ship it. */
export const kubernetesAudit: SourceProfile = {
  id: 'kubernetes-audit',
  product: { name: 'Kubernetes', vendor: 'Kubernetes' },
  platform: 'kubernetes',
  shapes: [
    shape('audit', '', [
      { field: 'kind', is: ['Event'] },
      { field: 'apiVersion', prefix: ['audit.k8s.io/'] },
    ]),
    shape('audit-fields', '', [{ field: 'auditID' }, { field: 'verb' }, { field: 'stage' }]),
    shape('object', '', [{ field: 'objectRef.resource' }, { field: 'verb' }]),
    shape('elastic', 'kubernetes.audit.', [{ field: 'kubernetes.audit.verb' }]),
  ],
  time: [
    { field: 'requestReceivedTimestamp', format: 'iso' },
    { field: 'stageTimestamp', format: 'iso' },
    { field: 'timestamp', format: 'iso' },
    { field: '@timestamp', format: 'iso' },
  ],
  attributes: {
    'metadata.uid': 'auditID',
    'metadata.event_code': 'verb',
    'actor.user.name': 'user.username',
    'actor.user.uid': 'user.uid',
    'actor.user.groups.name': 'user.groups',
    'api.operation': 'verb',
    'api.version': 'objectRef.apiVersion',
    'api.service.name': [{ field: 'objectRef.apiGroup', as: 'lower' }, { value: 'core' }],
    'api.request.uid': 'auditID',
    'api.response.code': { field: 'responseStatus.code', as: 'number' },
    'api.response.message': ['responseStatus.message', 'responseStatus.reason'],
    'resources.type': 'objectRef.resource',
    'resources.name': 'objectRef.name',
    'resources.namespace': 'objectRef.namespace',
    'src_endpoint.ip': { field: 'sourceIPs', as: 'address' },
    'http_request.url.path': 'requestURI',
    'http_request.user_agent': 'userAgent',
    status: [
      { field: 'annotations.authorization.k8s.io/decision', map: { forbid: 'Failure' } },
      { field: 'responseStatus.status', map: { success: 'Success', failure: 'Failure' } },
    ],
    status_code: 'responseStatus.code',
    status_detail: 'responseStatus.reason',
  },
  kinds: [
    ...verbs.map(
      ([activity, is]): EventKind => ({
        when: [{ field: 'verb', is }],
        logSources,
        class: 'apiActivity',
        activity,
      }),
    ),
    { when: [], logSources, class: 'apiActivity', activity: [99, 'Other'] },
  ],
};

function shape(id: string, prefix: string, when: SourceShape['when']): SourceShape {
  const pod = `${prefix}requestObject.spec.`;
  const template = `${prefix}requestObject.spec.template.spec.`;
  return {
    id,
    when,
    prefixes: prefix === '' ? [''] : [prefix, ''],
    aliases: {
      // Names that rules use for parts of the object asked for.
      apiGroup: [`${prefix}objectRef.apiGroup`],
      hostPath: [`${pod}volumes.hostPath.path`, `${template}volumes.hostPath.path`],
      capabilities: [
        `${pod}containers.securityContext.capabilities.add`,
        `${template}containers.securityContext.capabilities.add`,
      ],
    },
  };
}
