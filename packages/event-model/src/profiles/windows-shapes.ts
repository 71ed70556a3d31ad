import type { FieldTest } from '../field-test.ts';
import type { AttributeMap, SourceShape, TimeField } from '../source-profile.ts';

/**
 * The ways in which Windows events arrive: every field at the root (NXLog, Mordor, Fluent Bit), Elastic's Winlogbeat,
 * and the event's own XML as JSON (`Event.System`, `Event.EventData`), in which attributes are spelled in several ways.
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
      aliases: { ...aliases, Provider_Name: ['Provider_Name', 'ProviderName', 'SourceName'] },
    },
    {
      id: 'winlogbeat',
      when: [channelIs('winlog.channel')],
      prefixes: ['winlog.event_data.', 'winlog.user_data.', 'winlog.', ''],
      aliases: {
        ...prefixed(aliases, 'winlog.event_data.'),
        Channel: ['winlog.channel'],
        EventID: ['winlog.event_id', 'event.code'],
        Provider_Name: ['winlog.provider_name'],
        Computer: ['winlog.computer_name', 'host.name'],
        Level: ['winlog.level', 'log.level'],
        Message: ['message'],
        TimeCreated: ['winlog.time_created', '@timestamp'],
      },
    },
    {
      id: 'xml',
      when: [channelIs('Event.System.Channel')],
      prefixes: ['Event.EventData.', 'Event.UserData.*.', 'Event.System.'],
      aliases: {
        ...prefixed(aliases, 'Event.EventData.'),
        Channel: ['Event.System.Channel'],
        EventID: ['Event.System.EventID.#text', 'Event.System.EventID'],
        Provider_Name: attributePaths('Provider', 'Name'),
        Computer: ['Event.System.Computer'],
        TimeCreated: attributePaths('TimeCreated', 'SystemTime'),
        ExecutionProcessID: attributePaths('Execution', 'ProcessID'),
        Message: ['Event.RenderingInfo.Message', 'Event.EventData.Message'],
      },
    },
  ];
}

export const windowsTime: readonly TimeField[] = [
  { field: 'UtcTime', format: 'iso' },
  { field: 'TimeCreated', format: 'iso' },
  { field: '@timestamp', format: 'iso' },
  { field: 'EventTime', format: 'iso' },
];

/** What every Windows event says of itself. */
export const windowsAttributes: AttributeMap = {
  'device.hostname': [
    { field: 'Computer', as: 'host' },
    { field: 'Hostname', as: 'host' },
  ],
  'device.os.type': { value: 'Windows' },
  'metadata.log_name': 'Channel',
  'metadata.log_provider': 'Provider_Name',
  'metadata.event_code': 'EventID',
};

/** How converters from XML spell the attribute of an element. */
function attributePaths(element: string, attribute: string): readonly string[] {
  const base = `Event.System.${element}`;
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
