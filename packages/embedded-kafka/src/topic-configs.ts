import type { LogSettings } from './log/log-settings.ts';
import { KafkaError } from './protocol/error-codes.ts';

/** Topic settings that have an effect here, and those that are taken because they state what this broker does anyway. */
const numbers: Readonly<Record<string, { readonly min: number }>> = {
  'retention.ms': { min: -1 },
  'retention.bytes': { min: -1 },
  'segment.bytes': { min: 14 },
  'segment.ms': { min: 1 },
  'max.message.bytes': { min: 0 },
};
const constants: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'compression.type': 'producer',
  'message.timestamp.type': 'CreateTime',
  'min.insync.replicas': '1',
};

/** @throws KafkaError INVALID_CONFIG: a setting is never taken and then not obeyed. */
export function parseTopicConfigs(configs: Readonly<Record<string, string | null>>): Record<string, string> {
  const parsed: Record<string, string> = {};
  for (const [name, value] of Object.entries(configs)) {
    if (value === null) continue;
    const number = numbers[name];
    if (number !== undefined) {
      const given = value.trim() === '' ? Number.NaN : Number(value);
      if (!Number.isSafeInteger(given) || given < number.min) {
        throw new KafkaError(
          'INVALID_CONFIG',
          `${name} must be a whole number of at least ${number.min}, not "${value}".`,
        );
      }
    } else if (constants[name] !== value) {
      throw new KafkaError('INVALID_CONFIG', describeRefusal(name, value));
    }
    parsed[name] = value;
  }
  return parsed;
}

export function topicLogSettings(
  configs: Readonly<Record<string, string>>,
  defaults: LogSettings & { readonly maxMessageBytes: number },
): LogSettings & { readonly maxMessageBytes: number } {
  const number = (name: string, initial: number) =>
    configs[name] === undefined ? initial : Number(configs[name]);
  return {
    retentionMs: number('retention.ms', defaults.retentionMs),
    retentionBytes: number('retention.bytes', defaults.retentionBytes),
    segmentBytes: number('segment.bytes', defaults.segmentBytes),
    segmentMs: number('segment.ms', defaults.segmentMs),
    maxMessageBytes: number('max.message.bytes', defaults.maxMessageBytes),
  };
}

function describeRefusal(name: string, value: string): string {
  const constant = constants[name];
  if (constant !== undefined) return `${name} can only be "${constant}" on this broker, not "${value}".`;
  const supported = [...Object.keys(numbers), ...Object.keys(constants)].join(', ');
  return `${name} is not a setting this broker knows. It knows: ${supported}.`;
}
