import type { FieldTest } from '../field-test.ts';
import type { AttributeMap, SourceShape, TimeField } from '../source-profile.ts';
import { severityFrom } from './severity-attributes.ts';
import { windowsFields } from './windows-fields.ts';

/**
 * The ways in which Windows events arrive: every field at the root (NXLog, Mordor, Fluent Bit), Elastic's Winlogbeat,
 * (`winlog.*`; before version 7 `event_data.*`), Wazuh, and the event's own XML as JSON (`Event.System`, `Event.EventData`, or
 * without the root), in which attributes are spelled in several ways.
 * `channels` limits them to one profile's channels.
 */
export function windowsShapes(
  channels?: readonly string[],
  aliases: Readonly<Record<string, readonly string[]>> = {},
): readonly SourceShape[] {
  const channelIs = (field: string): FieldTest =>
    channels === undefined ? { field } : { field, is: channels };
  return [
    {
      id: 'flat',
      when: [channelIs('Channel'), { field: 'EventID' }],
      prefixes: [''],
      aliases: {
        ...aliases,
        EventLog: ['EventLog', 'Channel'],
        Provider_Name: ['Provider_Name', 'ProviderName', 'SourceName'],
      },
    },
    {
      id: 'winlogbeat',
      when: [channelIs('winlog.channel')],
      prefixes: ['winlog.event_data.', 'winlog.user_data.', 'winlog.', ''],
      aliases: {
        ...prefixed(aliases, 'winlog.event_data.'),
        Channel: ['winlog.channel'],
        EventLog: ['winlog.channel'],
        EventID: ['winlog.event_id', 'event.code'],
        Provider_Name: ['winlog.provider_name'],
        Computer: ['winlog.computer_name', 'host.name'],
        Level: ['winlog.level', 'log.level'],
        Message: ['message'],
        TimeCreated: ['winlog.time_created', '@timestamp'],
      },
    },
    {
      id: 'winlogbeat-6',
      when: [channelIs('log_name'), { field: 'event_id' }],
      prefixes: ['event_data.', 'user_data.', ''],
      aliases: {
        ...prefixed(aliases, 'event_data.'),
        Channel: ['log_name'],
        EventLog: ['log_name'],
        EventID: ['event_id'],
        Provider_Name: ['source_name'],
        Computer: ['computer_name'],
        Level: ['level'],
        Message: ['message'],
        TimeCreated: ['@timestamp'],
      },
    },
    wazuhShape(channelIs, aliases),
    xmlShape('xml', 'Event.', channelIs, aliases),
    xmlShape('xml-bare', '', channelIs, aliases),
  ];
}

export const windowsTime: readonly TimeField[] = [
  { field: 'UtcTime', format: 'iso' },
  { field: 'TimeCreated', format: 'iso' },
  { field: '@timestamp', format: 'iso' },
  { field: 'EventTime', format: 'iso' },
];

/** The event's own level: 1 critical, 2 error, 3 warning, 4 information, 0 always logged, 5 verbose. */
const levels = {
  '1': 5,
  '2': 4,
  '3': 3,
  '4': 1,
  '0': 1,
  '5': 1,
  critical: 5,
  error: 4,
  warning: 3,
  information: 1,
} as const;

/** What every Windows event says of itself. */
export const windowsAttributes: AttributeMap = {
  ...severityFrom({ Level: levels }),
  'device.hostname': [
    { field: 'Computer', as: 'host' },
    { field: 'Hostname', as: 'host' },
  ],
  'device.os.type': { value: 'Windows' },
  'metadata.log_name': 'Channel',
  'metadata.log_provider': 'Provider_Name',
  'metadata.event_code': 'EventID',
};

/** Wazuh's decoder writes the first letter of every name small. */
function wazuhShape(
  channelIs: (field: string) => FieldTest,
  aliases: Readonly<Record<string, readonly string[]>>,
): SourceShape {
  const data = (name: string): string => `data.win.eventdata.${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  return {
    id: 'wazuh',
    when: [channelIs('data.win.system.channel')],
    prefixes: ['data.win.eventdata.', 'data.win.system.', ''],
    aliases: {
      ...Object.fromEntries(windowsFields.map((name) => [name, [data(name)]])),
      ...Object.fromEntries(Object.entries(aliases).map(([name, fields]) => [name, fields.map(data)])),
      Channel: ['data.win.system.channel'],
      EventLog: ['data.win.system.channel'],
      EventID: ['data.win.system.eventID'],
      Provider_Name: ['data.win.system.providerName'],
      Computer: ['data.win.system.computer'],
      Level: ['data.win.system.level'],
      Message: ['data.win.system.message'],
      TimeCreated: ['data.win.system.systemTime', 'timestamp'],
    },
  };
}

/** The event's XML as JSON, with or without the root element. */
function xmlShape(
  id: string,
  root: string,
  channelIs: (field: string) => FieldTest,
  aliases: Readonly<Record<string, readonly string[]>>,
): SourceShape {
  return {
    id,
    when: [channelIs(`${root}System.Channel`)],
    prefixes: [`${root}EventData.`, `${root}UserData.*.`, `${root}System.`],
    aliases: {
      ...prefixed(aliases, `${root}EventData.`),
      Channel: [`${root}System.Channel`],
      EventLog: [`${root}System.Channel`],
      EventID: [`${root}System.EventID.#text`, `${root}System.EventID`],
      Provider_Name: attributePaths(root, 'Provider', 'Name'),
      Computer: [`${root}System.Computer`],
      TimeCreated: attributePaths(root, 'TimeCreated', 'SystemTime'),
      ExecutionProcessID: attributePaths(root, 'Execution', 'ProcessID'),
      Message: [`${root}RenderingInfo.Message`, `${root}EventData.Message`],
    },
  };
}

/** How converters from XML spell the attribute of an element. */
function attributePaths(root: string, element: string, attribute: string): readonly string[] {
  const base = `${root}System.${element}`;
  return [
    `${base}.#attributes.${attribute}`,
    `${base}_attributes.${attribute}`,
    `${base}.@${attribute}`,
    `${base}.${attribute}`,
  ];
}

function prefixed(
  aliases: Readonly<Record<string, readonly string[]>> = {},
  prefix: string,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(aliases).map(([name, paths]) => [name, paths.map((path) => prefix + path)]),
  );
}
