import type { ValueType } from './question.ts';

/** What the values of one attribute are asked as. */
export interface AttributeLookup {
  /** OCSF attribute path. */
  readonly path: string;
  readonly types: readonly ValueType[];
  /** Of a user name: the attribute that names its domain. */
  readonly domainPath?: string;
}

const hashNames = ['md5', 'sha1', 'sha256', 'sha512'];
const hashedFiles = ['file', 'process.file', 'actor.process.file', 'driver.file', 'module.file'];

/** The attributes that are enriched unless the configuration says otherwise. */
export const attributeLookups: readonly AttributeLookup[] = [
  { path: 'device.hostname', types: ['host'] },
  { path: 'device.ip', types: ['address'] },
  { path: 'src_endpoint.ip', types: ['address'] },
  { path: 'src_endpoint.hostname', types: ['host', 'domain'] },
  { path: 'dst_endpoint.ip', types: ['address'] },
  { path: 'dst_endpoint.hostname', types: ['host', 'domain'] },
  { path: 'query.hostname', types: ['domain'] },
  { path: 'tls.sni', types: ['domain'] },
  { path: 'http_request.url.hostname', types: ['domain'] },
  { path: 'http_request.url.url_string', types: ['url'] },
  { path: 'actor.user.name', types: ['user'], domainPath: 'actor.user.domain' },
  { path: 'user.name', types: ['user'], domainPath: 'user.domain' },
  { path: 'cloud.account.uid', types: ['account'] },
  ...hashedFiles.flatMap((file) =>
    hashNames.map((name): AttributeLookup => ({ path: `${file}.hashes.${name}`, types: ['hash'] })),
  ),
];
