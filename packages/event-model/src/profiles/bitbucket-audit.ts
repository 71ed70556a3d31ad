import type { EventKind, SourceProfile } from '../source-profile.ts';

const logSources = [{ product: 'bitbucket', service: 'audit' }];

/** What an action's name (`Project created`) ends in, as far as its OCSF activity can be told from it. */
const verbs: readonly (readonly [EventKind['activity'], readonly string[]])[] = [
  [
    [1, 'Create'],
    ['created', 'added', 'granted', 'triggered'],
  ],
  [
    [4, 'Delete'],
    ['deleted', 'removed', 'revoked'],
  ],
];

/** The audit log of Bitbucket Data Center (Atlassian's JSON audit file and its REST API). */
export const bitbucketAudit: SourceProfile = {
  id: 'bitbucket-audit',
  product: { name: 'Bitbucket', vendor: 'Atlassian' },
  shapes: [
    {
      id: 'audit',
      when: [{ field: 'auditType.action' }, { field: 'auditType.category' }],
      prefixes: [''],
      aliases: { 'action.verb': [{ path: 'auditType.action', as: 'lastWord' }] },
    },
  ],
  time: [
    { field: 'timestamp', format: 'epoch' },
    { field: 'timestamp.epochSecond', format: 'epoch' },
  ],
  attributes: {
    'metadata.event_code': 'auditType.action',
    'metadata.log_name': 'auditType.category',
    'actor.user.name': 'author.name',
    'actor.user.uid': 'author.id',
    'src_endpoint.ip': { field: 'source', as: 'address' },
    'device.hostname': { field: 'system', as: 'host' },
    'entity.name': 'affectedObjects.name',
    'entity.type': 'affectedObjects.type',
    'entity.uid': 'affectedObjects.id',
  },
  kinds: [
    {
      when: [{ field: 'auditType.action', is: ['User login failed', 'User login failed(SSH)'] }],
      logSources,
      class: 'authentication',
      activity: [1, 'Logon'],
      attributes: {
        'user.name': 'author.name',
        'entity.name': [],
        'entity.type': [],
        'entity.uid': [],
        status: { value: 'Failure' },
        status_id: { value: 2 },
      },
    },
    ...verbs.map(
      ([activity, is]): EventKind => ({
        when: [{ field: 'action.verb', is }],
        logSources,
        class: 'entityManagement',
        activity,
      }),
    ),
    { when: [], logSources, class: 'entityManagement', activity: [3, 'Update'] },
  ],
};
