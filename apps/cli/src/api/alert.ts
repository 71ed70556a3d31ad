import { severities } from '@parapet/event-model';
import { z } from 'zod';

/** What the command line shows of an alert. */
export const alertFields = `
  id status severity title count firstSeen lastSeen receivedAt
  rule { id title author license tags }
  techniques { id name }
  entities { host user sourceAddress destinationAddress account process }
  asset { id name }
`;

const optionalText = z.string().nullable();

export const Alert = z.object({
  id: z.string(),
  status: z.string(),
  severity: z.enum(severities),
  title: z.string(),
  count: z.number(),
  firstSeen: z.string(),
  lastSeen: z.string(),
  receivedAt: z.string(),
  rule: z.object({
    id: z.string(),
    title: z.string(),
    author: optionalText,
    license: optionalText,
    tags: z.array(z.string()),
  }),
  techniques: z.array(z.object({ id: z.string(), name: optionalText })),
  entities: z.object({
    host: optionalText,
    user: optionalText,
    sourceAddress: optionalText,
    destinationAddress: optionalText,
    account: optionalText,
    process: optionalText,
  }),
  asset: z.object({ id: z.string(), name: z.string() }).nullable(),
});
export type Alert = z.infer<typeof Alert>;

/** What an alert is about, by the best name there is. */
export function subjectOf(alert: Alert): string {
  const { host, account, sourceAddress, destinationAddress } = alert.entities;
  return alert.asset?.name ?? host ?? account ?? sourceAddress ?? destinationAddress ?? '-';
}
