import type { DeadLetterReason } from '@parapet/event-model';

/** Records that cannot be used, each with the reason that Parapet must give for it. None holds a line break. */
export function malformedRecords(): readonly { reason: DeadLetterReason; value: Buffer }[] {
  const text = (value: string) => Buffer.from(value, 'utf8');
  const deep = 2000;
  return [
    { reason: 'empty_record', value: Buffer.alloc(0) },
    {
      reason: 'invalid_utf8',
      value: Buffer.concat([text('{"host":"web01","message":"'), Buffer.of(0xc3, 0x28), text('"}')]),
    },
    {
      reason: 'invalid_json',
      value: text('{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Ima'),
    },
    { reason: 'invalid_json', value: text('Jan 15 09:30:00 web01 sshd[911]: Accepted publickey for n.haas') },
    { reason: 'not_an_object', value: text('42') },
    { reason: 'too_deep', value: text(`{"a":${'['.repeat(deep)}${']'.repeat(deep)}}`) },
    {
      reason: 'invalid_time',
      value: text(
        '{"Channel":"Security","EventID":4624,"SourceName":"Microsoft-Windows-Security-Auditing","Hostname":"WKS-003.corp.example","TimeCreated":"+030000-01-01T00:00:00.000Z","@timestamp":"+030000-01-01T00:00:00.000Z","TargetUserName":"c.duarte","LogonType":"3"}',
      ),
    },
  ];
}
