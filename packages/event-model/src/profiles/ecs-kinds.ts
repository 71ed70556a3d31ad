import type { LogSource } from '../log-source.ts';
import type { AttributeMap, EventKind } from '../source-profile.ts';

const status: AttributeMap = {
  status: { field: 'event.outcome', map: { success: 'Success', failure: 'Failure' } },
  status_id: { field: 'event.outcome', map: { success: 1, failure: 2 } },
};

const actor: AttributeMap = {
  'actor.user.name': { field: 'user.name', as: 'account' },
  'actor.user.domain': 'user.domain',
  'actor.user.uid': 'user.id',
  'actor.process.file.path': 'process.executable',
  'actor.process.name': 'process.name',
  'actor.process.pid': { field: 'process.pid', as: 'number' },
  'actor.process.uid': 'process.entity_id',
};

const launched: AttributeMap = {
  'process.file.path': 'process.executable',
  'process.name': 'process.name',
  'process.cmd_line': ['process.command_line', { field: 'process.args', as: 'commandLine' }],
  'process.pid': { field: 'process.pid', as: 'number' },
  'process.uid': 'process.entity_id',
  'process.working_directory': 'process.working_directory',
  'process.file.hashes.sha256': { field: 'process.hash.sha256', as: 'lower' },
  'process.file.hashes.sha1': { field: 'process.hash.sha1', as: 'lower' },
  'process.file.hashes.md5': { field: 'process.hash.md5', as: 'lower' },
  'actor.process.file.path': 'process.parent.executable',
  'actor.process.name': 'process.parent.name',
  'actor.process.cmd_line': 'process.parent.command_line',
  'actor.process.pid': { field: 'process.parent.pid', as: 'number' },
  'actor.process.uid': 'process.parent.entity_id',
  'actor.user.name': { field: 'user.name', as: 'account' },
  'actor.user.domain': 'user.domain',
};

const ends: AttributeMap = {
  'src_endpoint.ip': [
    { field: 'source.ip', as: 'address' },
    { field: 'client.ip', as: 'address' },
  ],
  'src_endpoint.port': { field: 'source.port', as: 'number' },
  'src_endpoint.hostname': { field: 'source.domain', as: 'host' },
  'dst_endpoint.ip': [
    { field: 'destination.ip', as: 'address' },
    { field: 'server.ip', as: 'address' },
  ],
  'dst_endpoint.port': { field: 'destination.port', as: 'number' },
  'dst_endpoint.hostname': { field: 'destination.domain', as: 'host' },
};

const connected: AttributeMap = {
  ...actor,
  ...ends,
  'connection_info.protocol_name': { field: 'network.transport', as: 'lower' },
  'connection_info.direction': 'network.direction',
  'connection_info.community_uid': 'network.community_id',
  'traffic.bytes_out': { field: 'source.bytes', as: 'number' },
  'traffic.bytes_in': { field: 'destination.bytes', as: 'number' },
  app_name: 'network.application',
};

const lookup: AttributeMap = {
  ...actor,
  ...ends,
  'query.hostname': { field: 'dns.question.name', as: 'host' },
  'query.type': 'dns.question.type',
  'answers.rdata': ['dns.answers.data', 'dns.resolved_ip'],
  rcode: 'dns.response_code',
};

const request: AttributeMap = {
  ...ends,
  'actor.user.name': { field: 'user.name', as: 'account' },
  'http_request.http_method': { field: 'http.request.method', as: 'upper' },
  'http_request.url.url_string': ['url.full', 'url.original'],
  'http_request.url.hostname': { field: 'url.domain', as: 'host' },
  'http_request.url.path': 'url.path',
  'http_request.user_agent': 'user_agent.original',
  'http_request.referrer': 'http.request.referrer',
  'http_response.code': { field: 'http.response.status_code', as: 'number' },
  'http_response.length': { field: 'http.response.body.bytes', as: 'number' },
};

const onFile: AttributeMap = {
  ...actor,
  'file.path': 'file.path',
  'file.name': 'file.name',
  'file.size': { field: 'file.size', as: 'number' },
  'file.hashes.sha256': { field: 'file.hash.sha256', as: 'lower' },
  'file.hashes.sha1': { field: 'file.hash.sha1', as: 'lower' },
  'file.hashes.md5': { field: 'file.hash.md5', as: 'lower' },
};

const onRegistry: AttributeMap = {
  ...actor,
  'reg_value.path': 'registry.path',
  'reg_value.name': 'registry.value',
  'reg_value.data': 'registry.data.strings',
};

const loaded: AttributeMap = {
  ...actor,
  'module.file.path': ['dll.path', 'file.path'],
  'module.file.name': ['dll.name', 'file.name'],
  'module.file.hashes.sha256': { field: 'dll.hash.sha256', as: 'lower' },
};

const logon: AttributeMap = {
  ...ends,
  ...status,
  'actor.process.file.path': 'process.executable',
  'actor.process.name': 'process.name',
  'user.name': { field: 'user.name', as: 'account' },
  'user.domain': 'user.domain',
  'user.uid': 'user.id',
  'service.name': ['service.name', 'event.provider', 'event.module'],
};

const onAccount: AttributeMap = {
  ...status,
  ...actor,
  'src_endpoint.ip': { field: 'source.ip', as: 'address' },
  'user.name': [
    { field: 'user.target.name', as: 'account' },
    { field: 'user.name', as: 'account' },
  ],
};

const finding: AttributeMap = {
  'actor.user.name': { field: 'user.name', as: 'account' },
  'finding_info.title': ['rule.name', 'threat.technique.name', 'event.action', 'message'],
  'finding_info.uid': ['rule.id', 'event.id', 'event.code'],
  'finding_info.types': 'rule.category',
  'evidences.file.path': 'file.path',
  'evidences.file.hashes.sha256': { field: 'file.hash.sha256', as: 'lower' },
  'evidences.process.file.path': 'process.executable',
  'evidences.src_endpoint.ip': { field: 'source.ip', as: 'address' },
  'evidences.dst_endpoint.ip': { field: 'destination.ip', as: 'address' },
};

/** Sigma product -> how `host.os` names the platform: by its type, or by the family of its distribution. */
export const systems = [
  ['windows', ['windows']],
  ['linux', ['linux', 'debian', 'redhat', 'ubuntu', 'centos', 'fedora', 'suse', 'arch', 'alpine']],
  ['macos', ['macos', 'darwin']],
] as const;

/** What is the same on every platform, for the log sources of that platform. */
function endpointKinds(product: string, names: readonly string[]): readonly EventKind[] {
  const of = (...categories: readonly string[]): readonly LogSource[] =>
    categories.map((category) => ({ product, category }));
  const kind = endpointKind(names);
  return [
    kind('process', ['start'], of('process_creation'), 'processActivity', [1, 'Launch'], launched),
    kind('process', ['end'], of('process_termination'), 'processActivity', [2, 'Terminate'], {
      ...launched,
      ...actor,
    }),
    kind('file', ['creation', 'change'], of('file_event'), 'fileSystemActivity', [1, 'Create'], onFile),
    kind('file', ['deletion'], of('file_delete'), 'fileSystemActivity', [4, 'Delete'], onFile),
    kind('file', ['access'], of('file_access'), 'fileSystemActivity', [2, 'Read'], onFile),
    {
      when: [
        { field: 'os', is: names },
        { field: 'event.category', is: ['network'] },
        { field: 'process.executable' },
        { field: 'dns.question.name' },
      ],
      logSources: [...of('dns_query'), { category: 'dns' }],
      class: 'dnsActivity',
      activity: [1, 'Query'],
      attributes: lookup,
    },
    {
      when: [
        { field: 'os', is: names },
        { field: 'event.category', is: ['network'] },
        { field: 'process.executable' },
        { field: 'destination.ip' },
      ],
      logSources: of('network_connection'),
      class: 'networkActivity',
      activity: [1, 'Open'],
      attributes: connected,
    },
  ];
}

const windowsKind = endpointKind(['windows']);
const windowsSources = (...categories: readonly string[]): readonly LogSource[] =>
  categories.map((category) => ({ product: 'windows', category }));

const windowsKinds: readonly EventKind[] = [
  windowsKind('library', [], windowsSources('image_load'), 'moduleActivity', [1, 'Load'], loaded),
  windowsKind('driver', [], windowsSources('driver_load'), 'kernelExtensionActivity', [1, 'Load'], {
    'driver.file.path': ['dll.path', 'file.path'],
    'driver.file.name': ['dll.name', 'file.name'],
  }),
  windowsKind(
    'registry',
    ['deletion'],
    windowsSources('registry_event', 'registry_delete'),
    'registryValueActivity',
    [4, 'Delete'],
    onRegistry,
  ),
  windowsKind(
    'registry',
    ['creation'],
    windowsSources('registry_event', 'registry_add'),
    'registryValueActivity',
    [1, 'Create'],
    onRegistry,
  ),
  windowsKind(
    'registry',
    ['change'],
    windowsSources('registry_event', 'registry_set'),
    'registryValueActivity',
    [3, 'Modify'],
    onRegistry,
  ),
];

/** Modules of servers; what other modules call `web` went through a proxy. */
const webServers = [
  'apache',
  'nginx',
  'iis',
  'tomcat',
  'traefik',
  'haproxy',
  'apache_tomcat',
  'nginx_ingress_controller',
];

/** What `event.category` and `event.type` say happened, and on which platform. */
export const ecsKinds: readonly EventKind[] = [
  ...systems.flatMap(([product, names]) => endpointKinds(product, names)),
  ...windowsKinds,
  general('malware', [{ category: 'antivirus' }], 'detectionFinding', [1, 'Create'], finding),
  general('intrusion_detection', [{}], 'detectionFinding', [1, 'Create'], finding),
  general('threat', [{}], 'detectionFinding', [1, 'Create'], finding),
  {
    when: [
      { field: 'event.category', is: ['authentication', 'session'] },
      { field: 'event.type', is: ['end'] },
    ],
    logSources: [{}],
    class: 'authentication',
    activity: [2, 'Logoff'],
    attributes: logon,
  },
  general('authentication', [{}], 'authentication', [1, 'Logon'], logon),
  {
    when: [{ field: 'event.category', is: ['network'] }, { field: 'dns.question.name' }],
    logSources: [{ category: 'dns' }],
    class: 'dnsActivity',
    activity: [1, 'Query'],
    attributes: lookup,
  },
  {
    when: [
      { field: 'event.category', is: ['web'] },
      { field: 'event.module', is: webServers },
    ],
    logSources: [{ category: 'webserver' }],
    class: 'httpActivity',
    activity: [99, 'Other'],
    attributes: request,
  },
  general('web', [{ category: 'proxy' }], 'httpActivity', [99, 'Other'], request),
  {
    when: [
      { field: 'event.category', is: ['network'] },
      { field: 'event.type', is: ['denied'] },
    ],
    logSources: [{ category: 'firewall' }],
    class: 'networkActivity',
    activity: [5, 'Refuse'],
    attributes: { ...connected, disposition: { value: 'Blocked' }, disposition_id: { value: 2 } },
  },
  general('network', [{ category: 'firewall' }], 'networkActivity', [6, 'Traffic'], connected),
  ...(
    [
      ['creation', [1, 'Create']],
      ['deletion', [6, 'Delete']],
      ['change', [99, 'Other']],
    ] as const
  ).map(
    ([type, activity]): EventKind => ({
      when: [
        { field: 'event.category', is: ['iam'] },
        { field: 'event.type', is: [type] },
      ],
      logSources: [{}],
      class: 'accountChange',
      activity,
      attributes: onAccount,
    }),
  ),
  general('process', [{}], 'processActivity', [99, 'Other'], { ...launched, ...actor }),
  general('file', [{}], 'fileSystemActivity', [99, 'Other'], onFile),
  general('database', [{ category: 'database' }], 'baseEvent', [99, 'Other'], { ...actor, ...ends }),
  ...systems.map(
    ([product, names]): EventKind => ({
      when: [{ field: 'os', is: names }],
      logSources: [{ product }],
      class: 'baseEvent',
      activity: [99, 'Other'],
      attributes: { ...actor, ...ends },
    }),
  ),
  {
    when: [],
    logSources: [{}],
    class: 'baseEvent',
    activity: [99, 'Other'],
    attributes: { ...actor, ...ends },
  },
];

function endpointKind(names: readonly string[]) {
  return (
    category: string,
    types: readonly string[],
    ...[logSources, ocsfClass, activity, attributes]: readonly [
      EventKind['logSources'],
      EventKind['class'],
      EventKind['activity'],
      AttributeMap,
    ]
  ): EventKind => ({
    when: [
      { field: 'os', is: names },
      { field: 'event.category', is: [category] },
      ...(types.length === 0 ? [] : [{ field: 'event.type', is: types }]),
    ],
    logSources,
    class: ocsfClass,
    activity,
    attributes,
  });
}

function general(
  category: string,
  logSources: EventKind['logSources'],
  ...[ocsfClass, activity, attributes]: readonly [EventKind['class'], EventKind['activity'], AttributeMap]
): EventKind {
  return {
    when: [{ field: 'event.category', is: [category] }],
    logSources,
    class: ocsfClass,
    activity,
    attributes,
  };
}
