import { runService } from '@parapet/service';
import { threatsConfig } from './config.ts';
import { startThreats } from './start-threats.ts';

await runService({ name: 'threats', config: threatsConfig, start: startThreats });
