import type { ChannelReader } from './channel-reader.ts';
import { type CombinationCache, createCombinationCache } from './combination-cache.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { holds } from './expression.ts';
import type { FieldProgram } from './field-program.ts';
import type { SigmaRule } from './sigma-rule.ts';

/** What a partition needs of one channel. */
export interface PartitionChannel {
  readonly channel: number;
  readonly reader: ChannelReader;
  readonly program: FieldProgram;
}

/** Some rules of a group that read the same kind of rows. */
export interface RulePartition {
  /** Marks in `rows` (by position in `numbers`) the rows where a rule of this partition can hold. */
  mark(numbers: Uint32Array, marks: Uint8Array): void;
  /** The rules that hold for a row. */
  matching(row: number): readonly SigmaRule[];
  /** Forgets what depends on the numbers of sets. */
  forget(): void;
}

const none: readonly SigmaRule[] = [];

/**
 * Rules that are found by a witness: a row is looked at only when one of its values has an atom that some rule waits for.
 * What holds for a combination of atom sets is remembered, since events repeat themselves.
 */
export function createPartition(
  rules: readonly CompiledRule[],
  channels: readonly PartitionChannel[],
): RulePartition {
  const combination = new Uint32Array(channels.length);
  const cache: CombinationCache<readonly SigmaRule[]> = createCombinationCache(channels.length);
  const always = rules.flatMap(({ witness }, index) => (witness === undefined ? [index] : []));
  const waiting = waitingRules(rules);
  const witnessChannels = new Set(rules.flatMap((rule) => rule.witnessChannels));
  const searched = channels
    .filter(({ channel }) => witnessChannels.has(channel))
    .map(({ reader, program }) => ({ reader, program, verdicts: new Uint8Array(64) }));

  const isWaitedFor = (program: FieldProgram, set: number): boolean =>
    program.sets.atomsOf(set).some((atom) => waiting.has(atom));

  const evaluate = (): readonly SigmaRule[] => {
    const truth = new Set<number>();
    const candidates = new Set<number>(always);
    for (const [position, { program }] of channels.entries()) {
      for (const atom of program.sets.atomsOf(combination[position] ?? 0)) {
        truth.add(atom);
        for (const index of waiting.get(atom) ?? []) candidates.add(index);
      }
    }
    const holdsAtom = (atom: number): boolean => truth.has(atom);
    const matched: SigmaRule[] = [];
    for (const index of Array.from(candidates).sort((a, b) => a - b)) {
      const candidate = rules[index];
      if (candidate !== undefined && holds(candidate.expression, holdsAtom)) matched.push(candidate.rule);
    }
    return matched.length === 0 ? none : matched;
  };

  return {
    mark(numbers, marks) {
      if (always.length > 0) {
        marks.fill(1, 0, numbers.length);
        return;
      }
      for (const search of searched) {
        const { reader } = search;
        if (!reader.present) continue;
        let { verdicts } = search;
        for (let position = 0; position < numbers.length; position++) {
          if (marks[position] === 1) continue;
          const set = reader.set(numbers[position] ?? 0);
          if (set === 0) continue;
          if (set >= verdicts.length) {
            verdicts = grown(verdicts, set);
            search.verdicts = verdicts;
          }
          let verdict = verdicts[set];
          if (verdict === 0) {
            verdict = isWaitedFor(search.program, set) ? 2 : 1;
            verdicts[set] = verdict;
          }
          if (verdict === 2) marks[position] = 1;
        }
      }
    },
    matching(row) {
      for (const [position, { reader }] of channels.entries()) combination[position] = reader.set(row);
      const known = cache.get(combination);
      if (known !== undefined) return known;
      const answer = evaluate();
      cache.set(combination, answer);
      return answer;
    },
    forget() {
      cache.clear();
      for (const search of searched) search.verdicts = new Uint8Array(64);
    },
  };
}

/** The rules that wait for an atom. */
function waitingRules(rules: readonly CompiledRule[]): ReadonlyMap<number, readonly number[]> {
  const waiting = new Map<number, number[]>();
  for (const [index, { witness }] of rules.entries()) {
    for (const atom of witness?.atoms ?? []) {
      const list = waiting.get(atom);
      if (list === undefined) waiting.set(atom, [index]);
      else list.push(index);
    }
  }
  return waiting;
}

function grown(array: Uint8Array, index: number): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(Math.max(index + 1, array.length * 2));
  next.set(array);
  return next;
}
