import type { OcsfClass } from '../ocsf-class.ts';

/**
 * The OCSF 1.x attributes that profiles may map to, as data: what each object has (`name`, `name>object`, `name#type_id` of
 * the observable that the value is). A subset of https://schema.ocsf.io: add what a profile needs after looking it up there.
 *
 * Two liberties: of lists of objects (`resources`, `answers`, `hashes`, `evidences`) the path goes through to the elements,
 * and hashes are found by their algorithm (`file.hashes.sha256`), since a column holds one kind of value.
 */
const objects = {
  account: 'name#34 uid#35 type type_id',
  actor: 'app_name app_uid process>process session>session user>user',
  analytic: 'name uid version type type_id category',
  answer: 'rdata type class ttl flags',
  api: 'operation version request>api_request response>api_response service>service',
  api_request: 'uid flags',
  api_response: 'code error error_message flags message',
  certificate: 'subject issuer serial_number version expiration_time',
  cloud: 'account>account provider region zone project_uid',
  connection:
    'boundary community_uid direction direction_id flag_history protocol_name protocol_num protocol_ver tcp_flags uid',
  dce_rpc: 'command command_response opnum flags',
  device:
    'hostname#1 ip#2 mac#3 name uid type type_id domain region interface_name interface_uid os>os location>geo is_managed',
  driver: 'file>file',
  email: 'from#5 to#5 subject#40 cc#5 message_uid#42 reply_to uid#41',
  endpoint:
    'hostname#1 ip#2 mac#3 port#11 name uid domain svc_name interface_name interface_uid instance_uid location>geo os>os',
  entity: 'name uid type type_id version data',
  evidence:
    'actor>actor api>api device>device dst_endpoint>endpoint file>file process>process src_endpoint>endpoint user>user query>query',
  file: 'name#7 path#45 size type type_id mime_type company_name internal_name desc version hashes>hashes uid parent_folder',
  finding_info: 'title uid types desc analytic>analytic first_seen_time last_seen_time created_time src_url',
  fingerprint: 'algorithm algorithm_id value#8',
  geo: 'country#14 city continent region coordinates isp',
  group: 'name#32 uid#33 domain type privileges',
  hashes: 'md5#8 sha1#8 sha256#8 imphash#8 algorithm algorithm_id value#8',
  hassh: 'algorithm fingerprint>fingerprint',
  http_request: 'http_method url>url user_agent#16 referrer version args uid length x_forwarded_for#2',
  http_response: 'code content_type length message status latency',
  job: 'name cmd_line#13 desc file>file user>user',
  logger: 'name uid version device>device product>product',
  metadata:
    'correlation_uid event_code labels log_level log_name log_provider log_version loggers>logger original_time product>product sequence tenant_uid uid version',
  module: 'file>file base_address function_name load_type type',
  os: 'name type type_id version build edition',
  process:
    'name#9 cmd_line#13 pid#15 uid#39 file>file integrity integrity_id working_directory user>user session>session parent_process>process created_time',
  product: 'name vendor_name version uid feature',
  query: 'hostname#1 type class opcode opcode_id packet_uid',
  reg_key: 'path is_system',
  reg_value: 'path name#43 data type type_id',
  resource: 'name#38 uid#10 type namespace region version owner>user group>group labels data cloud_partition',
  script: 'script_content#36 file>file name type type_id uid parent_uid hashes>hashes',
  service: 'name uid version labels',
  session: 'uid issuer is_mfa is_remote terminal created_time credential_uid uuid',
  tls: 'version cipher sni certificate>certificate ja3_hash>fingerprint ja3s_hash>fingerprint alert',
  traffic: 'bytes bytes_in bytes_out packets packets_in packets_out',
  url: 'url_string#6 hostname#1 path query_string port#11 scheme domain subdomain',
  user: 'name#4 uid#31 uid_alt email_addr#5 full_name domain type type_id credential_uid#19 account>account groups>group display_name',
  win_service: 'name cmd_line#13 uid version labels',
} as const satisfies Readonly<Record<string, string>>;

type ObjectName = keyof typeof objects;

/**
 * What every class has: the base event, the profiles for host, cloud and security control, and the two ends and the
 * connection, which Parapet reads the entities of an event from whatever its class.
 */
const everywhere =
  'class_uid class_name category_uid category_name activity_id activity_name type_uid type_name severity_id severity status status_id status_code status_detail message time count duration timezone_offset raw_data metadata>metadata actor>actor device>device cloud>cloud api>api disposition disposition_id action action_id app_name src_endpoint>endpoint dst_endpoint>endpoint connection_info>connection traffic>traffic http_request>http_request';

/** What each class has besides. */
const classes: Readonly<Record<Exclude<OcsfClass, 'baseEvent'>, string>> = {
  accountChange: 'user>user user_result>user policy',
  apiActivity: 'resources>resource',
  applicationLifecycle: 'app>product',
  authentication:
    'user>user auth_protocol auth_protocol_id is_mfa is_remote is_cleartext logon_type logon_type_id logon_process>process service>service session>session certificate>certificate',
  authorizeSession: 'user>user privileges session>session group>group',
  detectionFinding:
    'finding_info>finding_info evidences>evidence resources>resource confidence confidence_id risk_level risk_score',
  dhcpActivity: 'transaction_uid lease_dur is_renewal relay>endpoint',
  dnsActivity: 'query>query answers>answer rcode rcode_id response_time query_time',
  emailActivity: 'email>email direction direction_id from to message_trace_uid attempt',
  entityManagement: 'entity>entity entity_result>entity comment',
  eventLogActivity: 'log_name log_provider log_type log_type_id file>file',
  fileSystemActivity: 'file>file file_result>file file_diff create_mask access_mask component',
  ftpActivity: 'command command_responses codes name port type file>file',
  groupManagement: 'group>group user>user privileges resource>resource',
  httpActivity: 'http_response>http_response http_status http_cookies file>file tls>tls',
  kernelExtensionActivity: 'driver>driver',
  memoryActivity: 'process>process base_address requested_permissions actual_permissions size',
  moduleActivity: 'module>module exit_code',
  networkActivity: 'tls>tls dce_rpc>dce_rpc url>url is_src_dst_assignment_known',
  networkFileActivity: 'file>file expiration_time',
  processActivity:
    'process>process actual_permissions requested_permissions exit_code injection_type injection_type_id module>module',
  rdpActivity:
    'user>user protocol_ver identifier_cookie request response file>file certificate_chain capabilities',
  registryKeyActivity: 'reg_key>reg_key prev_reg_key>reg_key access_mask create_mask',
  // The key is named as well, so that one search finds what happened to keys and to their values.
  registryValueActivity: 'reg_key>reg_key reg_value>reg_value prev_reg_value>reg_value',
  scheduledJobActivity: 'job>job',
  scriptActivity: 'script>script process>process',
  smbActivity:
    'command dialect share share_type share_type_id file>file dce_rpc>dce_rpc tree_uid open_type client_dialects response',
  sshActivity: 'protocol_ver auth_type auth_type_id client_hassh>hassh server_hassh>hassh file>file',
  userAccess: 'user>user privileges resources>resource resource>resource',
  webResourcesActivity: 'web_resources>resource http_response>http_response tls>tls',
  windowsServiceActivity: 'win_service>win_service',
};

interface Attribute {
  readonly object: ObjectName | undefined;
  readonly observable: number | undefined;
}

const parsedObjects = new Map<string, ReadonlyMap<string, Attribute>>(
  Object.entries(objects).map(([name, attributes]) => [name, parse(attributes)]),
);
const base = parse(everywhere);
const own = new Map<string, ReadonlyMap<string, Attribute>>(
  Object.entries(classes).map(([name, attributes]) => [name, parse(attributes)]),
);

/** Whether a path leads to an attribute that the class has; on `baseEvent` to one that any class has. */
export function isOcsfAttribute(ocsfClass: OcsfClass, path: string): boolean {
  const attribute = attributeAt(path, ocsfClass === 'baseEvent' ? [...own.values()] : [own.get(ocsfClass)]);
  return attribute !== undefined && attribute.object === undefined;
}

/** OCSF observable type_id of what an attribute holds; undefined where it is no observable. */
export function observableTypeOf(path: string): number | undefined {
  return attributeAt(path, [...own.values()])?.observable;
}

function attributeAt(
  path: string,
  roots: readonly (ReadonlyMap<string, Attribute> | undefined)[],
): Attribute | undefined {
  const [first = '', ...rest] = path.split('.');
  let found = base.get(first) ?? roots.map((root) => root?.get(first)).find((one) => one !== undefined);
  for (const segment of rest) {
    found = found?.object === undefined ? undefined : parsedObjects.get(found.object)?.get(segment);
  }
  return found;
}

function parse(attributes: string): ReadonlyMap<string, Attribute> {
  return new Map(
    attributes.split(' ').map((written) => {
      const [, name = '', object, observable] = /^(\w+)(?:>(\w+))?(?:#(\d+))?$/.exec(written) ?? [];
      return [
        name,
        {
          object: object as ObjectName | undefined,
          observable: observable === undefined ? undefined : Number(observable),
        },
      ];
    }),
  );
}
