import { z } from 'zod';
import { CommandError, messageOf } from '../command-error.ts';

export interface GraphqlClient {
  /**
   * Runs a query or mutation and checks its answer against `schema`.
   * @throws {CommandError} when the endpoint cannot be reached, refuses, or answers with errors.
   */
  query<T>(schema: z.ZodType<T>, document: string, variables?: Readonly<Record<string, unknown>>): Promise<T>;
}

const Answer = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/** A client of a Parapet endpoint for one token. */
export function createGraphqlClient(options: {
  readonly url: string;
  readonly token: string;
  /** Milliseconds for a whole request. @default 30000 */
  readonly deadlineMs?: number;
}): GraphqlClient {
  const { url, token, deadlineMs = 30_000 } = options;

  async function post(body: unknown): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          authorization: `Bearer ${token}`,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(deadlineMs),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new CommandError(`${url} cannot be reached: ${messageOf(cause)}. Is Parapet running?`, {
        cause: error,
      });
    }
  }

  return {
    async query(schema, document, variables = {}) {
      const { status, text } = await post({ query: document, variables });
      const answer = parseAnswer(text);
      if (answer === undefined) {
        throw new CommandError(
          `${url} answered with HTTP status ${status} and no GraphQL. Is it a Parapet endpoint?`,
        );
      }
      if (answer.errors !== undefined && answer.errors.length > 0) {
        throw new CommandError(
          `${url} refused the query: ${answer.errors.map(({ message }) => message).join('; ')}`,
        );
      }
      const result = schema.safeParse(answer.data);
      if (result.success) return result.data;
      throw new CommandError(`${url} answered something unexpected: ${z.prettifyError(result.error)}`);
    },
  };
}

function parseAnswer(text: string): z.infer<typeof Answer> | undefined {
  try {
    return Answer.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
