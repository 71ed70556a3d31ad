/** What went wrong, and whether trying the same again later can help. */
export const kafkaErrorCodes = {
  UNREACHABLE: { retryable: true },
  REFUSED_CREDENTIALS: { retryable: false },
  TOPIC_MISSING: { retryable: false },
  MESSAGE_TOO_LARGE: { retryable: false },
  NOT_DELIVERED: { retryable: true },
  CONSUMER_STOPPED: { retryable: true },
  CLOSED: { retryable: false },
} as const;
export type KafkaErrorCode = keyof typeof kafkaErrorCodes;

/** Every error this package throws. `cause` is the client library's own error. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly code: KafkaErrorCode;

  constructor(code: KafkaErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  get retryable(): boolean {
    return kafkaErrorCodes[this.code].retryable;
  }
}

/** The library's error as a sentence that says what to do. `doing` completes "Could not ...". */
export function toKafkaError(error: unknown, doing: string, brokers: readonly string[]): KafkaError {
  if (error instanceof KafkaError) return error;
  const chain = causes(error);
  const text = chain.map((cause) => `${cause.name}: ${cause.message}`).join(' <- ');
  const types = chain.map((cause) => ('type' in cause ? String(cause.type) : ''));
  const where = brokers.join(', ');
  if (types.includes('SASL_AUTHENTICATION_FAILED') || chain.some((c) => c.name.includes('SASL'))) {
    return new KafkaError(
      'REFUSED_CREDENTIALS',
      `Could not ${doing}: Kafka at ${where} refused the user name or password. Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.`,
      error,
    );
  }
  if (types.includes('UNKNOWN_TOPIC_OR_PARTITION')) {
    return new KafkaError(
      'TOPIC_MISSING',
      `Could not ${doing}: the topic does not exist on Kafka at ${where}, or this user may not see it.`,
      error,
    );
  }
  if (types.some((type) => type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE')) {
    return new KafkaError(
      'MESSAGE_TOO_LARGE',
      `Could not ${doing}: a record is larger than the topic takes (max.message.bytes).`,
      error,
    );
  }
  if (
    /ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|EAI_AGAIN|Connection timeout|ConnectionError/.test(text)
  ) {
    return new KafkaError(
      'UNREACHABLE',
      `Could not ${doing}: Kafka at ${where} does not answer (${chain.at(-1)?.message ?? 'no reason given'}). Start the broker, or set KAFKA_BROKERS to one that runs.`,
      error,
    );
  }
  return new KafkaError(
    'NOT_DELIVERED',
    `Could not ${doing} on Kafka at ${where}: ${chain[0]?.message ?? String(error)}`,
    error,
  );
}

function causes(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error && chain.length < 10; cause = cause.cause) chain.push(cause);
  return chain;
}
