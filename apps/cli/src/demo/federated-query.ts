import { z } from 'zod';
import type { GraphqlClient } from '../api/graphql-client.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { printable } from '../terminal/terminal.ts';

/** One question that three subgraphs answer together: the alert (threats), its asset (assets), what else happened there (events). */
export const federatedQuery = `query AlertInContext($id: ID!, $until: DateTime) {
  alert(id: $id) {
    title
    severity
    riskScore
    riskContributions { label points }
    rule { id author references }
    asset {
      name
      names { kind name }
      users { name }
      openAlertCount
      riskScore
      riskLevel
      events(first: 5, filter: { until: $until }) { nodes { time source className user process commandLine message riskScore } }
    }
  }
}`;

/** When the alert's latest event was: what led up to it is before. */
const lastSeenQuery = 'query LastSeen($id: ID!) { alert(id: $id) { lastSeen } }';
const LastSeen = z.object({ alert: z.object({ lastSeen: z.iso.datetime() }).nullable() });

const text = z.string().nullable();
const Answer = z.object({
  alert: z
    .object({
      title: z.string(),
      severity: z.string(),
      riskScore: z.number(),
      riskContributions: z.array(z.object({ label: z.string(), points: z.number() })),
      rule: z.object({ id: z.string(), author: text, references: z.array(z.string()) }),
      asset: z
        .object({
          name: z.string(),
          names: z.array(z.object({ kind: z.string(), name: z.string() })),
          users: z.array(z.object({ name: z.string() })),
          openAlertCount: z.number(),
          riskScore: z.number(),
          riskLevel: z.string(),
          events: z.object({
            nodes: z.array(
              z.object({
                time: z.string(),
                source: z.string(),
                className: text,
                user: text,
                process: text,
                commandLine: text,
                message: z.string(),
                riskScore: z.number(),
              }),
            ),
          }),
        })
        .nullable(),
    })
    .nullable(),
});

/** Runs the query for one alert and prints it with its answer. Answers whether the alert was found with its asset, events and risk. */
export async function showFederatedQuery(
  client: GraphqlClient,
  alertId: string,
  terminal: Terminal,
): Promise<boolean> {
  const { style } = terminal;
  const lastSeen = (await client.query(LastSeen, lastSeenQuery, { id: alertId })).alert?.lastSeen;
  if (lastSeen === undefined) return false;
  const until = new Date(Date.parse(lastSeen) + 1).toISOString();
  const { alert } = await client.query(Answer, federatedQuery, { id: alertId, until });
  terminal.print(style.bold('One query over three subgraphs'));
  for (const line of federatedQuery.split('\n')) terminal.print(style.dim(`  ${line}`));
  if (alert?.asset == null) return false;
  const { asset } = alert;
  terminal.print(`  ${alert.title} (${alert.severity}), rule by ${alert.rule.author ?? 'unknown'}`);
  const reasons = alert.riskContributions.map(({ label, points }) => `${printable(label, 60)} ${points}`);
  terminal.print(`  risk ${alert.riskScore}: ${reasons.join(', ')}`);
  const others = asset.names.filter(({ name }) => name !== asset.name).map(({ name }) => name);
  const list = (names: readonly string[]) =>
    names
      .slice(0, 4)
      .map((name) => printable(name))
      .join(', ');
  terminal.print(
    `  on ${style.bold(printable(asset.name))}${others.length > 0 ? ` (${list(others)})` : ''}; ` +
      `risk ${asset.riskScore} (${asset.riskLevel}), ${asset.openAlertCount} open alerts; users ${list(asset.users.map(({ name }) => name)) || 'none seen'}`,
  );
  terminal.print('  events there that led up to it, the latest first:');
  for (const event of asset.events.nodes) {
    const what = event.commandLine ?? event.process ?? event.message;
    terminal.print(
      `    ${event.time}  ${event.source.padEnd(18)} ${printable(event.user ?? '-').padEnd(18)} ${printable(what, 70)}${event.riskScore > 0 ? `  risk ${event.riskScore}` : ''}`,
    );
  }
  // An asset's risk fades: of old events nothing may be left.
  return asset.events.nodes.length > 0 && alert.riskScore > 0;
}
