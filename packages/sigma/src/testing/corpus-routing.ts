import type { LogSource } from '../sigma-rule.ts';
import type { CorpusEvent } from './corpus-files.ts';

/** Sigma categories of Sysmon events, as the corpus's expected matches were made. */
const sysmonCategories: Readonly<Record<number, readonly string[]>> = {
  1: ['process_creation'],
  2: ['file_change'],
  3: ['network_connection'],
  4: ['sysmon_status'],
  5: ['process_termination'],
  6: ['driver_load'],
  7: ['image_load'],
  8: ['create_remote_thread'],
  9: ['raw_access_thread'],
  10: ['process_access'],
  11: ['file_event'],
  12: ['registry_event', 'registry_add', 'registry_delete'],
  13: ['registry_event', 'registry_set'],
  14: ['registry_event', 'registry_rename'],
  15: ['create_stream_hash'],
  16: ['sysmon_status'],
  17: ['pipe_created'],
  18: ['pipe_created'],
  19: ['wmi_event'],
  20: ['wmi_event'],
  21: ['wmi_event'],
  22: ['dns_query'],
  23: ['file_delete'],
  24: ['clipboard_capture'],
  25: ['process_tampering'],
  26: ['file_delete'],
  27: ['file_block_executable'],
  255: ['sysmon_error'],
};

const services: Readonly<Record<string, string>> = {
  Security: 'security',
  Application: 'application',
  System: 'system',
  'Microsoft-Windows-Sysmon/Operational': 'sysmon',
  'Microsoft-Windows-PowerShell/Operational': 'powershell',
  'PowerShellCore/Operational': 'powershell',
  'Windows PowerShell': 'powershell-classic',
  'Microsoft-Windows-TaskScheduler/Operational': 'taskscheduler',
  'Microsoft-Windows-WMI-Activity/Operational': 'wmi',
  'DNS Server': 'dns-server',
  'Microsoft-Windows-DNS-Server/Audit': 'dns-server-audit',
  'Microsoft-Windows-DNS-Server/Analytical': 'dns-server-analytic',
  'Microsoft-Windows-DriverFrameworks-UserMode/Operational': 'driver-framework',
  'Microsoft-Windows-NTLM/Operational': 'ntlm',
  'Microsoft-Windows-DHCP-Server/Operational': 'dhcp',
  'MSExchange Management': 'msexchange-management',
  'Microsoft-Windows-AppLocker/MSI and Script': 'applocker',
  'Microsoft-Windows-AppLocker/EXE and DLL': 'applocker',
  'Microsoft-Windows-AppLocker/Packaged app-Deployment': 'applocker',
  'Microsoft-Windows-AppLocker/Packaged app-Execution': 'applocker',
  'Microsoft-Windows-PrintService/Admin': 'printservice-admin',
  'Microsoft-Windows-PrintService/Operational': 'printservice-operational',
  'Microsoft-Windows-CodeIntegrity/Operational': 'codeintegrity-operational',
  'Microsoft-Windows-SmbClient/Security': 'smbclient-security',
  'Microsoft-Windows-Windows Firewall With Advanced Security/Firewall': 'firewall-as',
  'Microsoft-Windows-Bits-Client/Operational': 'bits-client',
  'Microsoft-Windows-Windows Defender/Operational': 'windefend',
  'Microsoft-Windows-TerminalServices-LocalSessionManager/Operational':
    'terminalservices-localsessionmanager',
  'Microsoft-ServiceBus-Client': 'microsoft-servicebus-client',
  'Microsoft-Windows-LDAP-Client/Debug': 'ldap_debug',
  'Microsoft-Windows-Security-Mitigations/Kernel Mode': 'security-mitigations',
  'Microsoft-Windows-Security-Mitigations/User Mode': 'security-mitigations',
  'Microsoft-Windows-Diagnosis-Scripted/Operational': 'diagnosis-scripted',
  'Microsoft-Windows-Shell-Core/Operational': 'shell-core',
  'OpenSSH/Operational': 'openssh',
  'Microsoft-Windows-BitLocker/BitLocker Management': 'bitlocker',
};

/** Log sources of a Windows event by channel and event id. */
export function windowsLogSources(event: CorpusEvent): readonly LogSource[] {
  const { Channel, EventID } = event;
  const channel = String(Channel ?? '');
  const id = Number(EventID);
  const service = Object.entries(services).find(
    ([name]) => name.toLowerCase() === channel.toLowerCase(),
  )?.[1];
  const sources: LogSource[] = [{ product: 'windows', service }];
  for (const category of categoriesOf(service, id)) sources.push({ product: 'windows', service, category });
  return sources;
}

function categoriesOf(service: string | undefined, id: number): readonly string[] {
  if (service === 'sysmon') return sysmonCategories[id] ?? [];
  if (service === 'powershell' && id === 4103) return ['ps_module'];
  if (service === 'powershell' && id === 4104) return ['ps_script'];
  if (service === 'powershell-classic' && id === 400) return ['ps_classic_start'];
  if (service === 'powershell-classic' && id === 600) return ['ps_classic_provider_start'];
  if (service === 'powershell-classic' && id === 800) return ['ps_classic_script'];
  return [];
}

/** A flat Windows event as rules name its fields. */
export function withProviderName(event: CorpusEvent): CorpusEvent {
  const { SourceName } = event;
  return 'Provider_Name' in event || !('SourceName' in event)
    ? event
    : { ...event, Provider_Name: SourceName };
}

interface WindowsEvent {
  readonly Event: {
    readonly System?: CorpusEvent;
    readonly EventData?: unknown;
    readonly UserData?: CorpusEvent | null;
  };
}

/** Windows event JSON (`Event.System`, `Event.EventData`) as the flat event that rules name. */
export function flattenWindowsEvent({ Event: { System, EventData, UserData } }: WindowsEvent): CorpusEvent {
  const flat: CorpusEvent = {};
  for (const [key, value] of Object.entries(System ?? {})) {
    if (!isRecord(value)) flat[key] = value;
    else {
      const attributes = value['#attributes'];
      if (isRecord(attributes))
        for (const [name, attribute] of Object.entries(attributes)) flat[`${key}_${name}`] = attribute;
      if (value['#text'] !== undefined) flat[key] = value['#text'];
    }
  }
  addData(flat, EventData);
  for (const value of Object.values(UserData ?? {})) addData(flat, value);
  return flat;
}

function addData(flat: CorpusEvent, data: unknown): void {
  if (!isRecord(data)) return;
  for (const [key, value] of Object.entries(data)) if (key !== '#attributes') flat[key] = value;
}

function isRecord(value: unknown): value is CorpusEvent {
  return typeof value === 'object' && value !== null;
}
