import type { AlertContribution, WeighedAlert } from '@parapet/detection';
import { assetHandle } from '@parapet/event-model';
import { type PageArgs, type Resolvers, UserError } from '@parapet/subgraph';
import type { Alert } from './alert-state.ts';
import { type AssetReference, toHandles } from './asset-reference.ts';
import type { ThreatsContext } from './context.ts';
import { type NamedRisk, type Risk, type RiskEntityKind, riskKey, riskPaging } from './risk-reader.ts';

type FirstArgs = { first?: number | null };

const maxNameLength = 1000;
const maxContributionsShown = 100;

/** Risk scores of alerts and entities. */
export const riskResolvers: Resolvers = {
  Query: {
    entityRisk: (_, { kind, name }: { kind: RiskEntityKind; name: string }, context: ThreatsContext) => {
      if (name.length === 0 || name.length > maxNameLength) {
        throw new UserError('BAD_USER_INPUT', `\`name\` must be 1 to ${maxNameLength} characters long.`);
      }
      return context.riskOfName(kind, name);
    },
    entityRisks: async (
      _,
      { kind, ...args }: PageArgs & { kind: RiskEntityKind },
      { risks }: ThreatsContext,
    ) => {
      const page = riskPaging.toPage(args);
      return riskPaging.toConnection(page, await risks.top(kind, page), riskKey);
    },
  },

  Alert: {
    riskScore: (alert: Alert, _: unknown, context: ThreatsContext) => context.riskOfAlert(alert).score,
    riskLevel: (alert: Alert, _: unknown, context: ThreatsContext) => context.riskOfAlert(alert).level,
    riskContributions: (alert: Alert, _: unknown, context: ThreatsContext) =>
      context.riskOfAlert(alert).contributions,
  },

  Asset: ofEntity((reference: AssetReference, context) => context.riskOfAsset(toHandles(reference))),

  EntityRisk: {
    ...ofEntity((risk: NamedRisk) => risk),
    // Hosts and accounts are assets; whether this one is known, the assets subgraph says.
    asset: ({ kind, name }: NamedRisk) => (kind === 'user' ? null : { handle: assetHandle(kind, name) }),
    alertCount: ({ contributions }: NamedRisk) => contributions.length,
    lastSeen: ({ contributions }: NamedRisk) =>
      contributions.length === 0 ? null : Math.max(...contributions.map(({ alert }) => alert.lastSeen)),
  },

  AlertRiskContribution: {
    alert: ({ alert }: AlertContribution<WeighedAlert>, _: unknown, context: ThreatsContext) =>
      context.alerts.load(alert.id),
    alertScore: ({ score }: AlertContribution<WeighedAlert>) => score,
    statusFactor: ({ status }: AlertContribution<WeighedAlert>) => status,
    ageFactor: ({ decay }: AlertContribution<WeighedAlert>) => decay,
    countFactor: ({ count }: AlertContribution<WeighedAlert>) => count,
    repeatFactor: ({ further }: AlertContribution<WeighedAlert>) => further,
  },
};

/** The fields that everything with an entity's risk has. */
function ofEntity<P>(riskOf: (parent: P, context: ThreatsContext) => Risk | Promise<Risk>) {
  return {
    riskScore: async (parent: P, _: unknown, context: ThreatsContext) =>
      (await riskOf(parent, context)).score,
    riskLevel: async (parent: P, _: unknown, context: ThreatsContext) =>
      (await riskOf(parent, context)).level,
    riskSum: async (parent: P, _: unknown, context: ThreatsContext) => (await riskOf(parent, context)).sum,
    riskContributions: async (parent: P, { first }: FirstArgs, context: ThreatsContext) => {
      const wanted = first ?? 10;
      if (wanted < 0 || wanted > maxContributionsShown) {
        throw new UserError('BAD_USER_INPUT', `\`first\` must be from 0 to ${maxContributionsShown}.`);
      }
      return (await riskOf(parent, context)).contributions.slice(0, wanted);
    },
  };
}
