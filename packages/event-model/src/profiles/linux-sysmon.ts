import type { SourceProfile } from '../source-profile.ts';
import { windowsAttributes, windowsShapes, windowsTime } from './windows-shapes.ts';
import { windowsSysmon } from './windows-sysmon.ts';

/** Sysmon for Linux: Sysmon's events, written to syslog and shipped in the shapes of Windows events. */
export const linuxSysmon: SourceProfile = {
  id: 'linux-sysmon',
  product: { name: 'Sysmon for Linux', vendor: 'Microsoft' },
  platform: 'linux',
  shapes: windowsShapes(['Linux-Sysmon/Operational']),
  time: windowsTime,
  attributes: { ...windowsAttributes, 'device.os.type': { value: 'Linux' } },
  kinds: windowsSysmon.kinds.map((kind) => ({
    ...kind,
    logSources: kind.logSources.map((logSource) => ({ ...logSource, product: 'linux' })),
  })),
};
