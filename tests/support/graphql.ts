/** One query against a running platform; throws with the errors of the answer. */
export async function graphql<T>(
  to: { readonly graphqlUrl: string; readonly token: string },
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<T> {
  const response = await fetch(to.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${to.token}` },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  });
  const { data, errors } = (await response.json()) as { data: T; errors?: { message: string }[] };
  if (errors) throw new Error(errors.map(({ message }) => message).join('; '));
  return data;
}

/** Asks again, every 100 ms, until the answer is as it must be; a failed question is asked again too. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
  deadlineMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ('value' in answer && isRight(answer.value)) return answer.value;
    if (performance.now() > deadline) {
      throw new Error(
        `still not right after ${deadlineMs} ms: ${'value' in answer ? JSON.stringify(answer.value) : String(answer.error)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
