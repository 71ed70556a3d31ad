/**
 * Forked by gateway-requests.ts, so that gateway, subgraphs and load generator do not share an event loop.
 * `subgraphs`: serves the three small subgraphs of the gateway's tests. `gateway`: serves the gateway over the sources it is sent.
 */
import { startOfficeSubgraphs, startTestGateway } from '@parapet/gateway/testing';

type Sources = Awaited<ReturnType<typeof startOfficeSubgraphs>>['sources'];

if (process.argv[2] === 'subgraphs') {
  const office = await startOfficeSubgraphs();
  process.send?.(office.sources);
} else {
  process.once('message', async (sources: Sources) => {
    const gateway = await startTestGateway(sources, {
      tokenCache: {},
      limits: { operations: { perSecond: 1e6, burst: 1e6 } },
    });
    process.send?.({ url: gateway.url });
    // Any further message asks for the processor time used so far.
    process.on('message', () => process.send?.(process.cpuUsage()));
  });
}
process.once('disconnect', () => process.exit(0));
