import { runService } from '@parapet/service';
import { assetsConfig } from './config.ts';
import { startAssets } from './start-assets.ts';

await runService({ name: 'assets', config: assetsConfig, start: startAssets });
