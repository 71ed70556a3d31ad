import { tacticsOf, techniquesOf } from '@parapet/detection';
import type { AlertStatus, RuleSnapshot } from '@parapet/event-model';
import { type PageArgs, type Resolvers, UserError } from '@parapet/subgraph';
import { type AlertFilter, alertKey, alertPaging, type Evidence } from './alert-reader.ts';
import type { Alert } from './alert-state.ts';
import { type AssetReference, toHandles } from './asset-reference.ts';
import type { ThreatsContext } from './context.ts';
import { riskResolvers } from './risk-resolvers.ts';
import { type DetectionRule, ruleKey, rulePaging } from './rule-reader.ts';

type AlertListArgs = PageArgs & { filter?: AlertFilter | null };

const maxSearchLength = 200;
const maxEvidenceShown = 50;

export const resolvers: Resolvers = {
  ...riskResolvers,
  Query: {
    ...riskResolvers['Query'],
    alert: (_, { id }: { id: string }, context: ThreatsContext) => context.alerts.load(id),
    alerts: async (_, { filter, ...args }: AlertListArgs, { reader }: ThreatsContext) => {
      const page = alertPaging.toPage(args);
      return alertPaging.toConnection(page, await reader.list(filter ?? {}, page), alertKey);
    },
    detectionRule: (_, { id }: { id: string }, context: ThreatsContext) => context.detectionRules.load(id),
    detectionRules: async (
      _,
      { search, ...args }: PageArgs & { search?: string | null },
      { rules }: ThreatsContext,
    ) => {
      if (search != null && (search.length === 0 || search.length > maxSearchLength)) {
        throw new UserError('BAD_USER_INPUT', `\`search\` must be 1 to ${maxSearchLength} characters long.`);
      }
      const page = rulePaging.toPage(args);
      return rulePaging.toConnection(page, await rules.list(search ?? null, page), ruleKey);
    },
  },

  Mutation: {
    setAlertStatus: async (
      _,
      { id, status, comment }: { id: string; status: AlertStatus; comment?: string | null },
      { writer, reader, identity }: ThreatsContext,
    ) => {
      const result = await writer.setStatus(id, { status, comment: comment ?? null, by: identity.subject });
      if (result.kind !== 'refused') return { alert: result.alert, error: null };
      const { code, message } = result;
      return { alert: (await reader.byIds([id])).get(id) ?? null, error: { code, message } };
    },
  },

  Alert: {
    ...riskResolvers['Alert'],
    __resolveReference: ({ id }: { id: string }, context: ThreatsContext) => context.alerts.load(id),
    techniques: ({ rule }: Alert) => techniquesOf(rule.tags),
    tactics: ({ rule }: Alert) => tacticsOf(rule.tags),
    asset: ({ assetHandle }: Alert) => (assetHandle === null ? null : { handle: assetHandle }),
    evidence: ({ id }: Alert, { first }: { first?: number | null }, context: ThreatsContext) => {
      const wanted = first ?? 10;
      if (wanted < 0 || wanted > maxEvidenceShown) {
        throw new UserError('BAD_USER_INPUT', `\`first\` must be from 0 to ${maxEvidenceShown}.`);
      }
      return context.evidenceOf(id, wanted);
    },
  },

  AlertEvidence: {
    event: ({ eventId }: Evidence) => ({ id: eventId }),
    raw: ({ alertId, eventId }: Evidence, _: unknown, context: ThreatsContext) =>
      context.rawEvidence(alertId, eventId),
  },

  DetectionRule: {
    __resolveReference: ({ id }: { id: string }, context: ThreatsContext) => context.detectionRules.load(id),
    ...fieldsOfSnapshot([
      'title',
      'description',
      'level',
      'status',
      'author',
      'license',
      'references',
      'tags',
      'falsePositives',
    ]),
    techniques: ({ snapshot }: DetectionRule) => techniquesOf(snapshot.tags),
    tactics: ({ snapshot }: DetectionRule) => tacticsOf(snapshot.tags),
    alerts: async ({ id }: DetectionRule, { filter, ...args }: AlertListArgs, { reader }: ThreatsContext) => {
      const page = alertPaging.toPage(args);
      const found = await reader.list({ ...filter, ruleId: id }, page);
      return alertPaging.toConnection(page, found, alertKey);
    },
  },

  Asset: {
    ...riskResolvers['Asset'],
    // Nothing of an asset is kept here: the reference carries what `alerts` and `openAlertCount` ask for.
    __resolveReference: (reference: AssetReference) => reference,
    alerts: async (
      reference: AssetReference,
      { filter, ...args }: AlertListArgs,
      context: ThreatsContext,
    ) => {
      const page = alertPaging.toPage(args);
      const found = await context.alertsOf(toHandles(reference), filter ?? {}, page);
      return alertPaging.toConnection(page, found, alertKey);
    },
    openAlertCount: (reference: AssetReference, _: unknown, context: ThreatsContext) =>
      context.openAlertCountOf(toHandles(reference)),
  },
};

function fieldsOfSnapshot(names: readonly (keyof RuleSnapshot)[]) {
  return Object.fromEntries(names.map((name) => [name, ({ snapshot }: DetectionRule) => snapshot[name]]));
}
