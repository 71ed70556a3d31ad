import type { Dictionary } from '@parapet/event-model';
import type { Answer } from './enrichment.ts';
import { noAnswers } from './provider.ts';

/** The answers for the codes of one dictionary. */
export interface AnswerMemo {
  /** The state of the providers that gave the answers. */
  readonly state: string;
  /** By code: 0 for not asked yet, `dependsOnDomain`, or one more than an index of `known`. */
  codes: Int32Array;
  /** Each list of answers once; lists are only added. */
  readonly known: (readonly Answer[])[];
  readonly lists: ListNode;
  /** Answers by name and domain, where the answer depends on both, for the codes of one dictionary of domains. */
  readonly pairs: Map<number, number>;
  domains: Dictionary | undefined;
  /** Codes for which more may be found. */
  pending: number[];
  arrivals: number;
  askAgainAt: number;
}

interface ListNode {
  index: number;
  next: Map<Answer, ListNode> | undefined;
}

export const dependsOnDomain = -1;

export function createAnswerMemo(state: string): AnswerMemo {
  const memo: AnswerMemo = {
    state,
    codes: new Int32Array(64),
    known: [noAnswers],
    lists: { index: 0, next: undefined },
    pairs: new Map(),
    domains: undefined,
    pending: [],
    arrivals: 0,
    askAgainAt: 0,
  };
  // Code 0 is "absent", of which nothing is known.
  memo.codes[0] = 1;
  return memo;
}

/** Makes room for the codes below `size`. */
export function growMemo(memo: AnswerMemo, size: number): void {
  if (size <= memo.codes.length) return;
  const larger = new Int32Array(Math.max(size, 2 * memo.codes.length));
  larger.set(memo.codes);
  memo.codes = larger;
}

/** One more than the index in `known` of the list with exactly these answers in this order. */
export function addAnswers(memo: AnswerMemo, answers: readonly Answer[]): number {
  let node = memo.lists;
  for (const answer of answers) {
    node.next ??= new Map();
    let next = node.next.get(answer);
    if (next === undefined) {
      next = { index: -1, next: undefined };
      node.next.set(answer, next);
    }
    node = next;
  }
  if (node.index === -1) {
    node.index = memo.known.length;
    memo.known.push(answers);
  }
  return node.index + 1;
}

/**
 * Writes the index in `known` for each code. The result is 0 when nothing is known of any of them, and negative when some
 * code is not answered by the memo alone; what was written is then of no use. The hot path: one look-up, no branch.
 */
export function copyAnswers(remembered: Int32Array, codes: Uint32Array, out: Uint32Array): number {
  let any = 0;
  for (let row = 0; row < out.length; row += 1) {
    const index = (remembered[codes[row] as number] as number) - 1;
    out[row] = index;
    any |= index;
  }
  return any;
}
