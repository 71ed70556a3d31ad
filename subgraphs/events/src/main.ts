import { runService } from '@parapet/service';
import { eventsConfig } from './config.ts';
import { startEvents } from './start-events.ts';

await runService({ name: 'events', config: eventsConfig, start: startEvents });
