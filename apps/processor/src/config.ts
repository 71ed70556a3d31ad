import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { sourceProfiles } from '@parapet/event-model';
import { kafkaConfig, lakeConfig, list, riskConfig, text, variable, wholeNumber } from '@parapet/service';
import { z } from 'zod';

const bundledRules = fileURLToPath(new URL('../../../rules', import.meta.url));

/** What a processor may do. More roles come with stateful detection. */
export const processorRoles = ['detector'] as const;

/** More threads than this share so much (the broker, the disk) that they add little, and memory is taken by each. */
const maxDefaultWorkers = 16;

/** How many workers there are when nobody says. */
export const defaultWorkers = (): number => Math.min(availableParallelism(), maxDefaultWorkers);

const profileIds: ReadonlySet<string> = new Set(sourceProfiles.map(({ id }) => id));

/** `topic=profile,topic=profile` */
export function sourceByTopic() {
  return z
    .string()
    .transform((all) => all.split(',').flatMap((part) => part.trim() || []))
    .pipe(
      z
        .array(z.string().regex(/^[\w.-]{1,249}=[^=]+$/, 'must be a comma-separated list of topic=profile'))
        .max(100, 'must name at most 100 topics'),
    )
    .transform((pairs, context): Readonly<Record<string, string>> => {
      const profiles: Record<string, string> = Object.create(null);
      for (const pair of pairs) {
        const [topic = '', profile = ''] = pair.split('=');
        if (!profileIds.has(profile))
          context.issues.push({
            code: 'custom',
            input: pair,
            message: `no source profile is called "${profile}" (there are ${[...profileIds].join(', ')})`,
          });
        if (topic in profiles)
          context.issues.push({ code: 'custom', input: pair, message: `the topic ${topic} is named twice` });
        profiles[topic] = profile;
      }
      return profiles;
    });
}

/** Every variable the processor reads, beside those of every service. */
export const processorConfig = {
  ...kafkaConfig,
  ...lakeConfig,
  ...riskConfig,
  RULES_DIRS: variable(list(':', text(4096)).default([bundledRules]), {
    description: 'Folders of Sigma rules (*.yml, *.yaml, with subfolders), separated by colons.',
    defaultText: 'rules',
  }),
  RULES_POLL_SECONDS: variable(wholeNumber({ min: 0, max: 3600 }).default(5), {
    description:
      'Seconds between two looks whether rules or placeholders changed; 0 = only at SIGHUP. Changed ones are used without a stop.',
  }),
  PLACEHOLDERS_FILE: variable(text(4096).optional(), {
    description:
      'YAML file of names and their values: what %name% stands for in rules with the modifier expand. Unset: no names.',
  }),
  ENRICHMENT_FILE: variable(text(4096).optional(), {
    description:
      'YAML file that says what is known about assets, users, addresses, networks and indicators (packages/enrichment). Unset: the built-in network zones alone.',
  }),
  PROCESSOR_ROLES: variable(
    list(
      ',',
      z.enum(processorRoles, `must be a comma-separated list of ${processorRoles.join(', ')}`),
    ).default(['detector']),
    { description: 'What this process does: detector.', defaultText: 'detector' },
  ),
  PROCESSOR_WORKERS: variable(wholeNumber({ min: 1, max: 256 }).optional(), {
    description: `Threads that process events, each with a share of the partitions; never more than there are partitions. Unset: the cores there are, ${maxDefaultWorkers} at most.`,
  }),
  WORKER_HEAP_MB: variable(wholeNumber({ min: 128, max: 65_536 }).default(2048), {
    description:
      'MiB of heap that each worker may use where there are several; a process of which one needs more ends with an error.',
  }),
  SOURCE_BY_TOPIC: variable(sourceByTopic().optional(), {
    description:
      'Source profiles by topic, e.g. logs.endpoints=windows-sysmon: these topics are read beside parapet.events.raw (and made like it where they are missing), and all that is in them is taken for that source. Comma-separated.',
  }),
  MAX_EVENT_BYTES: variable(wholeNumber({ min: 1024, max: 7 * 1024 * 1024 }).default(1024 * 1024), {
    description: 'Bytes of one event; larger ones go to the dead letters.',
  }),
  MAX_EVENT_DEPTH: variable(wholeNumber({ min: 2, max: 256 }).default(64), {
    description: 'Levels of nesting of one event; deeper ones go to the dead letters.',
  }),
  MAX_EVENTS_PER_RECORD: variable(wholeNumber({ min: 1, max: 1_000_000 }).default(10_000), {
    description:
      'Events (lines, or items of a list) in one Kafka record; further ones go to the dead letters.',
  }),
  MAX_DICTIONARY_MB: variable(wholeNumber({ min: 8, max: 4096 }).default(192), {
    description: 'MiB of distinct field values that each worker remembers before it forgets.',
  }),
};
