import { createDecoder } from '@parapet/event-model';
import { expect, test } from 'vitest';
import { toLakeRows } from './lake-rows.ts';

const risk = { risk_score: 60, risk_level_id: 3, risk_level: 'High', risk_contributions: '[]' };

test('an event’s risk is kept among its attributes and as a column of its own', () => {
  const value = Buffer.from(
    '{"Channel":"Security","EventID":4624,"Hostname":"h1"}\n{"Channel":"Security","EventID":4624}',
  );
  const record = { topicId: 't', partition: 0, offset: 0, timestamp: 1_700_000_000_000, headers: {}, value };
  const rows = createDecoder({ fields: new Set() })
    .decode([record])
    .batches.flatMap((batch) =>
      toLakeRows(
        batch,
        () => [],
        (row) => (row === 0 ? risk : undefined),
      ),
    );
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({ riskScore: 60, attributes: { 'device.hostname': 'h1', ...risk } });
  expect(rows[1]?.riskScore).toBeUndefined();
  expect(Object.keys(rows[1]?.attributes ?? {}).filter((path) => path.startsWith('risk'))).toEqual([]);
});
