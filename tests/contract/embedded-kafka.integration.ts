import { describeKafkaContract } from './kafka-contract.ts';
import { startEmbeddedKafkaProcess } from './start-embedded-kafka.ts';

describeKafkaContract('embedded-kafka', () => startEmbeddedKafkaProcess());
