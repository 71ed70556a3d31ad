import { fileURLToPath } from 'node:url';
import { kafkaConfig, lakeConfig, list, text, variable } from '@parapet/service';
import { z } from 'zod';

const bundledRules = fileURLToPath(new URL('../../../rules', import.meta.url));

/** What a processor may do. More roles come with stateful detection. */
export const processorRoles = ['detector'] as const;

/** Every variable the processor reads, beside those of every service. */
export const processorConfig = {
  ...kafkaConfig,
  ...lakeConfig,
  RULES_DIRS: variable(list(':', text(4096)).default([bundledRules]), {
    description: 'Folders of Sigma rules (*.yml, *.yaml, with subfolders), separated by colons.',
    defaultText: 'rules',
  }),
  PROCESSOR_ROLES: variable(
    list(
      ',',
      z.enum(processorRoles, `must be a comma-separated list of ${processorRoles.join(', ')}`),
    ).default(['detector']),
    { description: 'What this process does: detector.', defaultText: 'detector' },
  ),
};
