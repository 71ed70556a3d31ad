import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';

const logSources = [{ product: 'github', service: 'audit' }];

const actor: AttributeMap = {
  'actor.user.name': 'actor',
  'actor.user.uid': 'actor_id',
};

const onEntity: AttributeMap = {
  ...actor,
  'entity.name': ['repo', 'repository', 'team', 'name', 'business', 'org'],
  'entity.uid': ['repo_id', 'repository_id', 'team_id', 'business_id', 'org_id'],
};

const onMember: AttributeMap = {
  ...actor,
  'user.name': ['user', 'blocked_user', 'invitee', 'actor'],
  'user.uid': ['user_id', 'actor_id'],
  'group.name': ['team', 'repo', 'org', 'business'],
};

const onAccount: AttributeMap = {
  ...actor,
  'user.name': ['user', 'actor'],
  'user.uid': ['user_id', 'actor_id'],
};

/** What the second half of an action's name (`repo.create`) says, as far as the first does not tell more. */
const verbs: readonly (readonly [EventKind['activity'], readonly string[]])[] = [
  [
    [1, 'Create'],
    ['create', 'created', 'add', 'generate', 'install', 'register', 'upload', 'fork', 'import'],
  ],
  [
    [4, 'Delete'],
    ['destroy', 'delete', 'deleted', 'remove', 'removed', 'revoke', 'uninstall', 'cancel', 'expired'],
  ],
  [
    [2, 'Read'],
    ['access', 'download', 'download_zip', 'clone', 'fetch', 'export', 'view'],
  ],
];

/** GitHub's audit log of an organisation or enterprise: its API, exports and log streaming. */
export const githubAudit: SourceProfile = {
  id: 'github-audit',
  product: { name: 'GitHub Audit Log', vendor: 'GitHub' },
  shapes: [
    shape('organisation', 'org', 'action', 'actor'),
    shape('document', '_document_id', 'action', 'created_at'),
    shape('enterprise', 'business', 'action', 'actor'),
    shape('repository', 'repo', 'action', 'actor'),
    {
      id: 'elastic',
      when: [{ field: 'github.category' }, { field: 'event.action' }],
      prefixes: ['github.'],
      aliases: {
        action: ['event.action'],
        'action.verb': [{ path: 'event.action', as: 'afterDot' }],
        actor: ['user.name', 'github.actor'],
        user: ['user.target.name', 'github.user'],
        '@timestamp': ['@timestamp'],
        actor_ip: ['client.ip', 'github.actor_ip'],
        user_agent: ['user_agent.original'],
      },
    },
  ],
  time: [
    { field: '@timestamp', format: 'epoch' },
    { field: 'created_at', format: 'epoch' },
  ],
  attributes: {
    'metadata.uid': '_document_id',
    'metadata.event_code': 'action',
    'api.operation': 'action',
    'api.service.name': { value: 'GitHub' },
    'src_endpoint.ip': { field: 'actor_ip', as: 'address' },
    'src_endpoint.location.country': 'actor_location.country_code',
    'http_request.user_agent': 'user_agent',
  },
  kinds: [
    kind(['user.login', 'org.sso_response'], 'authentication', [1, 'Logon'], {
      ...actor,
      'user.name': 'actor',
      'user.uid': 'actor_id',
      'service.name': { value: 'GitHub' },
    }),
    kind(['user.failed_login'], 'authentication', [1, 'Logon'], {
      ...actor,
      'user.name': 'actor',
      'user.uid': 'actor_id',
      'service.name': { value: 'GitHub' },
      status: { value: 'Failure' },
      status_id: { value: 2 },
    }),
    kind(
      ['org.add_member', 'org.invite_member', 'team.add_member', 'repo.add_member', 'business.add_admin'],
      'groupManagement',
      [3, 'Add User'],
      onMember,
    ),
    kind(
      [
        'org.remove_member',
        'team.remove_member',
        'repo.remove_member',
        'org.remove_outside_collaborator',
        'business.remove_admin',
      ],
      'groupManagement',
      [4, 'Remove User'],
      onMember,
    ),
    kind(
      ['two_factor_authentication.enabled', 'org.enable_two_factor_requirement'],
      'accountChange',
      [10, 'MFA Factor Enable'],
      onAccount,
    ),
    kind(
      ['two_factor_authentication.disabled', 'org.disable_two_factor_requirement'],
      'accountChange',
      [11, 'MFA Factor Disable'],
      onAccount,
    ),
    kind(['git.clone', 'git.fetch', 'git.push'], 'apiActivity', [99, 'Other'], {
      ...actor,
      'resources.name': ['repo', 'repository'],
    }),
    ...verbs.map(
      ([activity, verbsOf]): EventKind => ({
        when: [{ field: 'action.verb', prefix: verbsOf }],
        logSources,
        class: 'entityManagement',
        activity,
        attributes: onEntity,
      }),
    ),
    {
      when: [],
      logSources,
      class: 'entityManagement',
      activity: [3, 'Update'],
      attributes: onEntity,
    },
  ],
};

function shape(id: string, ...fields: readonly string[]): SourceProfile['shapes'][number] {
  return {
    id,
    when: fields.map((field) => ({ field })),
    prefixes: [''],
    aliases: { 'action.verb': [{ path: 'action', as: 'afterDot' }] },
  };
}

function kind(
  actions: readonly string[],
  ocsfClass: EventKind['class'],
  activity: EventKind['activity'],
  attributes: AttributeMap,
): EventKind {
  return { when: [{ field: 'action', is: actions }], logSources, class: ocsfClass, activity, attributes };
}
