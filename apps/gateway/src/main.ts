import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createDatabase } from '@parapet/database';
import { findApiKey } from '@parapet/database/api-keys';
import { createKafka } from '@parapet/kafka';
import { runService } from '@parapet/service';
import { composeSupergraph, readSubgraphs } from './compose.ts';
import { gatewayConfig } from './config.ts';
import { defaultGatewayLimits, startGateway } from './gateway.ts';
import { toKafkaOptions } from './kafka-options.ts';
import { startAlertFeed } from './subscriptions/alert-feed.ts';
import { createGatewayTelemetry } from './telemetry.ts';

const defaultSupergraphConfig = fileURLToPath(new URL('../../../supergraph.yaml', import.meta.url));

await runService({
  name: 'gateway',
  config: gatewayConfig,
  async start({ config, log, metrics, lifecycle }) {
    const database = createDatabase({
      url: config.DATABASE_URL.reveal(),
      maxConnections: 4,
      statementTimeoutMs: 5_000,
    });
    lifecycle.onStop('close', 'database', () => database.close());
    lifecycle.addCheck('database', () => database.ping());
    const kafka = createKafka(toKafkaOptions(config, log));
    lifecycle.onStop('close', 'kafka', () => kafka.close());

    const subgraphs = await readSubgraphs(config.SUPERGRAPH_CONFIG ?? defaultSupergraphConfig, {
      events: config.SUBGRAPH_EVENTS_URL,
      assets: config.SUBGRAPH_ASSETS_URL,
      threats: config.SUBGRAPH_THREATS_URL,
    });
    const { sdl, hints } = composeSupergraph(subgraphs);
    for (const hint of hints) log.debug({ hint }, 'the composition of the supergraph gave a hint');

    const { JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: jwksUrl } = config;
    const telemetry = createGatewayTelemetry(metrics);
    const gateway = await startGateway({
      host: config.HTTP_HOST,
      port: config.HTTP_PORT,
      supergraphSdl: sdl,
      secret: config.GATEWAY_SECRET.reveal(),
      findApiKey: (token) => findApiKey(database.prisma, token),
      ...(issuer && audience && jwksUrl && { jwt: { issuer, audience, jwksUrl } }),
      environment: config.PARAPET_ENV,
      corsOrigins: config.CORS_ORIGINS ?? [],
      trustedProxyHops: config.TRUSTED_PROXY_HOPS,
      log,
      telemetry,
      limits: {
        operations: { perSecond: config.RATE_LIMIT_PER_SECOND, burst: config.RATE_LIMIT_BURST },
        failedLogins: { perSecond: 0.5, burst: config.RATE_LIMIT_FAILED_LOGINS },
        bounds: {
          ...defaultGatewayLimits.bounds,
          maxDepth: config.OPERATION_MAX_DEPTH,
          maxCost: config.OPERATION_MAX_COST,
        },
        operationTimeoutMs: config.OPERATION_TIMEOUT_MS,
        subgraphTimeoutMs: config.SUBGRAPH_TIMEOUT_MS,
        connectionsPerSubgraph: config.SUBGRAPH_CONNECTIONS,
        maxSockets: config.WEBSOCKET_MAX,
        maxPerSubject: config.WEBSOCKET_MAX_PER_IDENTITY,
      },
    });
    lifecycle.onStop('close', 'subgraph connections', () => gateway.close());
    lifecycle.onStop('drain', 'requests and subscriptions', (deadline) => gateway.drain(deadline));
    lifecycle.onStop('intake', 'listener', () => gateway.stopIntake());

    // Last, so that whoever connects once this process is ready misses no alert.
    const feed = await startAlertFeed({
      kafka,
      groupId: `parapet-gateway-${randomUUID()}`,
      hub: gateway.hub,
      telemetry,
      log,
      onCrash: (error) => lifecycle.fail(error),
    });
    lifecycle.onStop('intake', 'alert feed', (deadline) => feed.stop(deadline));
    return { addresses: { http: gateway.url } };
  },
});
