import { severities, severityId } from '@parapet/event-model';
import { GraphQLError, getArgumentValues } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { admissionOf, type GatewayContext } from '../gateway-context.ts';
import type { AlertHub } from '../subscriptions/alert-hub.ts';
import { toHydrationQuery } from '../subscriptions/hydration-query.ts';
import { operationOf } from './operation-of.ts';

/** Serves subscriptions from the hub: the federation executor has none. */
export function useAlertSubscriptions(options: { hub: AlertHub }): Plugin<GatewayContext> {
  return {
    onSubscribe({ args, setSubscribeFn }) {
      setSubscribeFn(() => {
        const operation = operationOf(args.document, args.operationName);
        const context = args.contextValue;
        const variables = context.coercedVariables ?? {};
        try {
          const query = toHydrationQuery(args.document, operation, variables);
          const definition = args.schema.getSubscriptionType()?.getFields()[query.field.name.value];
          const given = definition && getArgumentValues(definition, query.field, { ...variables });
          const admission = admissionOf(context);
          return options.hub.subscribe({
            query,
            principal: admission.principal,
            minSeverity: toSeverityId(given?.['minSeverity']),
            revalidate: admission.revalidate,
            ...(context.onSlowConsumer && { onSlow: context.onSlowConsumer }),
          });
        } catch (error) {
          if (error instanceof GraphQLError) return { errors: [error] };
          throw error;
        }
      });
    },
  };
}

function toSeverityId(given: unknown): number {
  const severity = severities.find((name) => name === String(given).toLowerCase());
  return severity === undefined ? 1 : severityId(severity);
}
