import type { LogSource } from '../log-source.ts';
import type { AttributeMap, EventKind, SourceProfile } from '../source-profile.ts';
import { windowsChannels } from './windows-channels.ts';
import { windowsAttributes, windowsShapes, windowsTime } from './windows-shapes.ts';

const operational = windowsChannels.powershell;
const classic = windowsChannels['powershell-classic'];

const script: AttributeMap = {
  'script.script_content': ['ScriptBlockText', 'Payload', 'Data'],
  'script.file.path': 'Path',
  'script.uid': 'ScriptBlockId',
  'script.type': { value: 'PowerShell' },
  'actor.user.name': [
    { field: 'AccountName', as: 'account' },
    { field: 'User', as: 'account' },
  ],
  'actor.user.domain': ['Domain', { field: 'User', as: 'domain' }],
};

/** Windows PowerShell and PowerShell 7: script blocks and modules (Operational), engine and providers (classic). */
export const windowsPowershell: SourceProfile = {
  id: 'windows-powershell',
  product: { name: 'PowerShell', vendor: 'Microsoft' },
  platform: 'windows',
  shapes: windowsShapes([...operational, ...classic]),
  time: windowsTime,
  attributes: windowsAttributes,
  kinds: [
    kind(operational, 'powershell', { id: 4103, category: 'ps_module' }),
    kind(operational, 'powershell', { id: 4104, category: 'ps_script' }),
    kind(operational, 'powershell'),
    kind(classic, 'powershell-classic', { id: 400, category: 'ps_classic_start' }),
    kind(classic, 'powershell-classic', { id: 600, category: 'ps_classic_provider_start' }),
    kind(classic, 'powershell-classic', { id: 800, category: 'ps_classic_script' }),
    { ...kind(classic, 'powershell-classic'), when: [] },
  ],
};

function kind(
  channels: readonly string[],
  service: string,
  event?: { readonly id: number; readonly category: string },
): EventKind {
  const logSource: LogSource = { product: 'windows', service };
  return {
    when: [
      { field: 'Channel', is: channels },
      ...(event === undefined ? [] : [{ field: 'EventID', is: [event.id] }]),
    ],
    logSources: [event === undefined ? logSource : { ...logSource, category: event.category }],
    class: 'scriptActivity',
    activity: event === undefined ? [99, 'Other'] : [1, 'Execute'],
    attributes: script,
  };
}
