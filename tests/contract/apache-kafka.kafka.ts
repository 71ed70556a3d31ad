import { describe, it } from 'vitest';
import { describeKafkaContract } from './kafka-contract.ts';
import { startApacheKafka, whatApacheKafkaLacks } from './start-apache-kafka.ts';

const lacking = await whatApacheKafkaLacks();
if (lacking === undefined) {
  describeKafkaContract('Apache Kafka', startApacheKafka);
} else {
  console.log(lacking);
  describe('Apache Kafka', () => {
    it.skip(lacking, () => {});
  });
}
