import { inspect } from 'node:util';

const redacted = '[redacted]';

/** A value that must not be printed: every way of turning it into text gives `[redacted]`; only {@link Secret.reveal} gives the value. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it where the value is used, never to keep or print it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
