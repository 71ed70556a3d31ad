import { describe } from 'vitest';
import { describeAdministration } from './kafka-administration.ts';
import { describeConsumerGroups } from './kafka-consumer-groups.ts';
import { describeCommittedOffsets } from './kafka-offsets.ts';
import { describeProduceAndFetch } from './kafka-produce-fetch.ts';
import { describeIdempotentProducers } from './kafka-producers.ts';

/** A running broker to hold against the contract. It is set up with session timeouts from 500 ms on and no auto-creation. */
export interface KafkaUnderTest {
  /** `host:port` */
  readonly address: string;
  /** Stops it without a goodbye (kill -9) and starts it again on the same data and address. */
  crashAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

/** What Parapet relies on of a Kafka broker, as tests that run on any of them. */
export function describeKafkaContract(name: string, start: () => Promise<KafkaUnderTest>): void {
  describe(name, () => {
    describeProduceAndFetch(start);
    describeConsumerGroups(start);
    describeCommittedOffsets(start);
    describeIdempotentProducers(start);
    describeAdministration(start);
  });
}
