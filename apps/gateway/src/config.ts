import {
  databaseConfig,
  decimalNumber,
  gatewaySecretConfig,
  httpConfig,
  httpUrl,
  kafkaConfig,
  list,
  text,
  variable,
  wholeNumber,
} from '@parapet/service';
import { z } from 'zod';

const origin = z
  .string()
  .regex(/^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/, 'must be a list of origins such as https://example.org');

/** The variables of the gateway. */
export const gatewayConfig = {
  ...httpConfig,
  ...kafkaConfig,
  ...databaseConfig,
  ...gatewaySecretConfig,
  PARAPET_ENV: variable(
    z.enum(['production', 'development'], 'must be production or development').default('production'),
    { description: 'development turns on GraphiQL and introspection at the gateway.' },
  ),
  SUPERGRAPH_CONFIG: variable(text(4096).optional(), {
    description: 'File that names the subgraphs. Unset: supergraph.yaml of this installation.',
  }),
  SUBGRAPH_EVENTS_URL: variable(httpUrl(), { description: 'GraphQL endpoint of the events subgraph.' }),
  SUBGRAPH_ASSETS_URL: variable(httpUrl(), { description: 'GraphQL endpoint of the assets subgraph.' }),
  SUBGRAPH_THREATS_URL: variable(httpUrl(), { description: 'GraphQL endpoint of the threats subgraph.' }),
  JWT_ISSUER: variable(text().optional(), { description: 'The `iss` of JWTs to accept.', together: 'jwt' }),
  JWT_AUDIENCE: variable(text().optional(), {
    description: 'The `aud` that JWTs must name.',
    together: 'jwt',
  }),
  JWT_JWKS_URL: variable(httpUrl().optional(), {
    description: 'Where the keys that sign JWTs are published. Unset: API keys only.',
    together: 'jwt',
  }),
  CORS_ORIGINS: variable(list(',', origin).optional(), {
    description: 'Origins whose web pages may call the gateway, comma-separated. Unset: none.',
  }),
  TRUSTED_PROXY_HOPS: variable(wholeNumber({ min: 0, max: 10 }).default(0), {
    description: 'Proxies of your own in front of the gateway, whose X-Forwarded-For is believed.',
  }),
  RATE_LIMIT_PER_SECOND: variable(decimalNumber({ min: 0.01, max: 1_000_000 }).default(100), {
    description: 'Operations a second that one identity may make in the long run.',
  }),
  RATE_LIMIT_BURST: variable(wholeNumber({ min: 1, max: 10_000_000 }).default(200), {
    description: 'Operations that one identity may make at once.',
  }),
  RATE_LIMIT_FAILED_LOGINS: variable(wholeNumber({ min: 1, max: 10_000 }).default(20), {
    description: 'Failed log-ins that one address may make at once; one more is allowed every two seconds.',
  }),
  OPERATION_TIMEOUT_MS: variable(wholeNumber({ min: 10, max: 600_000 }).default(15_000), {
    description: 'Milliseconds after which an operation is given up.',
  }),
  OPERATION_MAX_DEPTH: variable(wholeNumber({ min: 1, max: 100 }).default(15), {
    description: 'Levels of fields an operation may have.',
  }),
  OPERATION_MAX_COST: variable(wholeNumber({ min: 1, max: 10_000_000 }).default(25_000), {
    description: 'Objects an operation may be estimated to produce.',
  }),
  SUBGRAPH_TIMEOUT_MS: variable(wholeNumber({ min: 10, max: 600_000 }).default(10_000), {
    description: 'Milliseconds one request of the gateway to a subgraph may take.',
  }),
  SUBGRAPH_CONNECTIONS: variable(wholeNumber({ min: 1, max: 1_000 }).default(64), {
    description: 'Connections of the gateway to each subgraph.',
  }),
  WEBSOCKET_MAX: variable(wholeNumber({ min: 1, max: 1_000_000 }).default(5_000), {
    description: 'WebSockets open at a time.',
  }),
  WEBSOCKET_MAX_PER_IDENTITY: variable(wholeNumber({ min: 1, max: 1_000_000 }).default(200), {
    description: 'WebSockets one identity may have open.',
  }),
};
