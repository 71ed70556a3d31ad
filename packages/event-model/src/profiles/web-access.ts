import type { EventKind, SourceProfile, SourceShape } from '../source-profile.ts';

const uris = ['request_uri', 'request.uri', 'url.original', 'uri', 'cs-uri', 'path', 'requestURI'];
/** Of these the ones that some servers write without the query, which then has a field of its own. */
const bareUris = ['uri', 'path'];
const queries = ['query_string', 'args', 'url.query', 'query'];

/** Names that servers and shippers give what Sigma's web server taxonomy calls `c-ip`, `cs-method` and so on. */
const aliases: NonNullable<SourceShape['aliases']> = {
  'c-ip': [
    'remote_addr',
    'remote_ip',
    'client_ip',
    'clientip',
    'request.remote_ip',
    'client.ip',
    'source.ip',
    'remoteIP',
  ],
  'cs-username': ['remote_user', 'request.user_id', 'user.name'],
  'cs-method': ['request_method', 'request.method', 'method', 'http.request.method', 'verb'],
  'c-uri': uris,
  'c-uri-query': [...queries, ...uris.map((path) => ({ path, as: 'uriQuery' as const }))],
  'c-uri-extension': ['url.extension', ...uris.map((path) => ({ path, as: 'uriExtension' as const }))],
  'cs-uri': ['cs-uri', ...uris],
  // SigmaHQ's rules look for paths in it too, so that it is the whole URI where the server does not split it.
  'cs-uri-query': [
    'cs-uri-query',
    ...uris.filter((name) => !bareUris.includes(name)),
    ...queries,
    ...bareUris,
  ],
  'cs-uri-stem': ['cs-uri-stem', 'url.path', ...uris.map((path) => ({ path, as: 'uriPath' as const }))],
  'sc-status': ['status', 'http.response.status_code', 'response', 'status_code', 'response_status'],
  'sc-bytes': ['body_bytes_sent', 'bytes_sent', 'size', 'http.response.body.bytes', 'bytes'],
  'cs-user-agent': [
    'http_user_agent',
    'user_agent',
    'user_agent.original',
    'agent',
    'userAgent',
    'request.headers.User-Agent',
  ],
  'c-useragent': [
    'http_user_agent',
    'user_agent',
    'user_agent.original',
    'agent',
    'userAgent',
    'request.headers.User-Agent',
    'cs-user-agent',
  ],
  'cs-referer': ['http_referer', 'referer', 'referrer', 'http.request.referrer', 'request.headers.Referer'],
  'cs-cookie': ['http_cookie', 'cookie'],
  'cs-host': ['http_host', 'vhost', 'request.host', 'url.domain', 'server_name', 'virtualHost'],
  'cs-version': ['server_protocol', 'request.proto', 'http.version', 'protocol'],
};

/** Shapes whose `request` is the URI, or the request's whole first line. */
const ownAliases: Readonly<Record<string, SourceShape['aliases']>> = {
  logstash: { 'c-uri': ['request'], 'cs-uri-query': ['request'] },
  'nginx-request': {
    'cs-method': [{ path: 'request', as: 'requestMethod' }],
    'c-uri': [{ path: 'request', as: 'requestTarget' }],
    'c-uri-query': [{ path: 'request', as: ['requestTarget', 'uriQuery'] }],
    'c-uri-extension': [{ path: 'request', as: ['requestTarget', 'uriExtension'] }],
    'cs-uri': [{ path: 'request', as: 'requestTarget' }],
    'cs-uri-query': [{ path: 'request', as: 'requestTarget' }],
    'cs-uri-stem': [{ path: 'request', as: ['requestTarget', 'uriPath'] }],
    'cs-version': [{ path: 'request', as: 'requestVersion' }],
  },
};

const kind: Omit<EventKind, 'when' | 'logSources' | 'activity'> = {
  class: 'httpActivity',
  attributes: {
    'src_endpoint.ip': { field: 'c-ip', as: 'address' },
    'dst_endpoint.hostname': { field: 'cs-host', as: 'host' },
    'actor.user.name': { field: 'cs-username', as: 'account' },
    'http_request.http_method': { field: 'cs-method', as: 'upper' },
    'http_request.url.url_string': ['c-uri', 'cs-uri-stem'],
    'http_request.url.path': 'cs-uri-stem',
    'http_request.user_agent': 'cs-user-agent',
    'http_request.referrer': 'cs-referer',
    'http_response.code': { field: 'sc-status', as: 'number' },
    'http_response.length': { field: 'sc-bytes', as: 'number' },
    'device.hostname': [
      { field: 'hostname', as: 'host' },
      { field: 'host.name', as: 'host' },
      { field: 's-computername', as: 'host' },
      { field: 'host', as: 'host' },
    ],
  },
};

/** Servers that Sigma has rules of their own for. */
const servers = ['apache', 'nginx'];

/** Modules of Elastic whose web events went through a proxy, which Sigma has other rules for. */
const proxies = [
  'squid',
  'zscaler',
  'zscaler_zia',
  'bluecoat',
  'netskope',
  'umbrella',
  'cisco_umbrella',
  'forcepoint_web',
  'barracuda',
  'fortinet_fortiproxy',
];

/** OCSF HTTP Activity by method. */
const activities: readonly (readonly [EventKind['activity'], string])[] = [
  [[1, 'Connect'], 'CONNECT'],
  [[2, 'Delete'], 'DELETE'],
  [[3, 'Get'], 'GET'],
  [[4, 'Head'], 'HEAD'],
  [[5, 'Options'], 'OPTIONS'],
  [[6, 'Post'], 'POST'],
  [[7, 'Put'], 'PUT'],
  [[8, 'Trace'], 'TRACE'],
];

/**
 * Access logs of web servers as JSON: nginx, Apache httpd, Caddy, ECS, and W3C names. Where the server says who it is,
 * rules for that server look at the event too.
 */
export const webAccess: SourceProfile = {
  id: 'web-access',
  product: { name: 'Web server' },
  shapes: [
    shape('nginx', 'request_method', 'request_uri', 'status'),
    shape('nginx-request', 'request', 'status', 'remote_addr'),
    shape('nginx-uri', 'request_method', 'uri', 'status', 'remote_addr'),
    shape('w3c', 'cs-method', 'sc-status'),
    shape('caddy', 'request.method', 'request.uri', 'status'),
    shape('ecs', 'http.request.method', 'url.original', 'http.response.status_code'),
    shape('ecs-path', 'http.request.method', 'url.path', 'http.response.status_code'),
    shape('apache', 'method', 'uri', 'status', 'remote_addr'),
    shape('apache-client', 'method', 'path', 'status', 'clientip'),
    shape('logstash', 'verb', 'request', 'response', 'clientip'),
  ],
  time: [
    { field: 'time_iso8601', format: 'iso' },
    { field: '@timestamp', format: 'iso' },
    { field: 'time_local', format: 'clf' },
    { field: 'timestamp', format: 'clf' },
    { field: 'time', format: 'clf' },
    { field: 'ts', format: 'epoch' },
    { field: 'msec', format: 'epoch' },
  ],
  attributes: {},
  kinds: [
    ...activities.map(([activity, method]) => proxyKind(activity, method)),
    proxyKind([99, 'Other']),
    ...[...servers, undefined].flatMap((server) => [
      ...activities.map(([activity, method]) => webKind(activity, server, method)),
      webKind([99, 'Other'], server),
    ]),
  ],
};

function proxyKind(activity: EventKind['activity'], method?: string): EventKind {
  return {
    ...kind,
    when: [
      { field: 'event.module', is: proxies },
      ...(method === undefined ? [] : [{ field: 'cs-method', is: [method] }]),
    ],
    logSources: [{ category: 'proxy' }],
    activity,
  };
}

function webKind(activity: EventKind['activity'], server?: string, method?: string): EventKind {
  return {
    ...kind,
    when: [
      ...(server === undefined ? [] : [{ field: 'server_software', prefix: [server] }]),
      ...(method === undefined ? [] : [{ field: 'cs-method', is: [method] }]),
    ],
    logSources: [
      { category: 'webserver', ...(server === undefined ? {} : { product: server, service: server }) },
    ],
    activity,
  };
}

function shape(id: string, ...fields: readonly string[]): SourceShape {
  return {
    id,
    when: fields.map((field) => ({ field })),
    prefixes: [''],
    aliases: { ...aliases, ...ownAliases[id] },
  };
}
