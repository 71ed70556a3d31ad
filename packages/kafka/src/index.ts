export {
  type ConsumedBatch,
  type Consumer,
  type ConsumerOptions,
  recordOverhead,
} from './consumer.ts';
export type { TopicPartition } from './inflight-tracker.ts';
export {
  createKafka,
  type KafkaClient,
  type KafkaOptions,
  type PartitionLag,
} from './kafka-client.ts';
export { KafkaError, type KafkaErrorCode, kafkaErrorCodes } from './kafka-error.ts';
export type { KafkaLog } from './kafka-log.ts';
export type { OutgoingMessage, Producer, ProducerOptions } from './producer.ts';
export type { KafkaSasl } from './sasl.ts';
export { undecodableHeader } from './undecodable-batch.ts';
