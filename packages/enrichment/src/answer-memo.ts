import type { Dictionary } from '@parapet/event-model';
import type { Answer } from './enrichment.ts';
import { noAnswers } from './provider.ts';

/** The answers for the codes of one dictionary. */
export interface AnswerMemo {
  /** The state of the providers that gave the answers. */
  readonly state: string;
  /** By code: 0 for not asked yet, `dependsOnDomain`, or one more than an index of `known`. */
  codes: Uint32Array;
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

export const dependsOnDomain = 0xffff_ffff;

export function createAnswerMemo(state: string): AnswerMemo {
  const memo: AnswerMemo = {
    state,
    codes: new Uint32Array(64),
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
  const larger = new Uint32Array(Math.max(size, 2 * memo.codes.length));
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
