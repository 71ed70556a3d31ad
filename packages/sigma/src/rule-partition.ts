import { type CombinationCache, createCombinationCache } from './combination-cache.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { holds } from './expression.ts';
import {
  createPartitionChannel,
  isWaitedFor,
  localSet,
  ownAtoms,
  type PartitionChannel,
  type SharedChannel,
} from './partition-channel.ts';
import type { SigmaRule } from './sigma-rule.ts';
import type { Truth } from './truth.ts';

/** Some rules of a group that read the same kind of rows. */
export interface RulePartition {
  /** Marks in `marks` (by position in `numbers`) the rows where a rule of this partition can hold. */
  mark(numbers: Uint32Array, marks: Uint8Array): void;
  /** The rules that hold for a row. */
  matching(row: number): readonly SigmaRule[];
  /** Forgets what depends on the numbers of sets. */
  forget(): void;
}

export interface PartitionParts {
  readonly rules: readonly CompiledRule[];
  readonly channels: readonly SharedChannel[];
  /** Index of the channel that answers an atom. */
  readonly channelOf: (atom: number) => number;
  readonly truth: Truth;
}

const none: readonly SigmaRule[] = [];

/**
 * Rules that are found by a witness: a row is looked at only when one of its values tells that some rule may hold.
 * What holds for a combination of atom sets is remembered, since events repeat themselves.
 */
export function createPartition({
  rules,
  channels: shared,
  channelOf,
  truth,
}: PartitionParts): RulePartition {
  const own = ownAtoms(rules, channelOf);
  const channels = shared.map((one) => createPartitionChannel(one, own(one.channel)));
  const searched = channels.filter(({ isSearched }) => isSearched);
  const combination = new Uint32Array(channels.length);
  const cache: CombinationCache<readonly SigmaRule[]> = createCombinationCache(channels.length);
  const always = rules.flatMap(({ witness }, index) => (witness === undefined ? [index] : []));

  const evaluate = (): readonly SigmaRule[] => {
    truth.begin();
    const candidates = new Set<number>(always);
    for (let position = 0; position < channels.length; position++) {
      const channel = channels[position] as PartitionChannel;
      const set = combination[position] ?? 0;
      truth.add(channel.atomsOf(set));
      for (const index of channel.candidatesOf(set)) candidates.add(index);
    }
    const matched: SigmaRule[] = [];
    for (const index of Array.from(candidates).sort((a, b) => a - b)) {
      const candidate = rules[index];
      if (candidate !== undefined && holds(candidate.expression, truth.holds)) matched.push(candidate.rule);
    }
    return matched.length === 0 ? none : matched;
  };

  return {
    mark(numbers, marks) {
      if (always.length > 0) {
        marks.fill(1, 0, numbers.length);
        return;
      }
      for (const channel of searched) markRows(channel, numbers, marks);
    },
    matching(row) {
      for (let position = 0; position < channels.length; position++)
        combination[position] = localSet((channels[position] as PartitionChannel).informationAt(row));
      const known = cache.get(combination);
      if (known !== undefined) return known;
      const answer = evaluate();
      cache.set(combination, answer);
      return answer;
    },
    forget() {
      cache.clear();
      for (const channel of channels) channel.forget();
    },
  };
}

/** The loop that all events go through: one look-up for a code's set and one for what the set means here. */
function markRows(channel: PartitionChannel, numbers: Uint32Array, marks: Uint8Array): void {
  const { reader } = channel;
  const { column } = reader;
  const { length } = numbers;
  if (column === undefined) {
    if (reader.present) {
      for (let position = 0; position < length; position++) {
        if (marks[position] === 0 && isWaitedFor(channel.informationAt(numbers[position] ?? 0)))
          marks[position] = 1;
      }
    } else if (length > 0 && isWaitedFor(channel.informationAt(numbers[0] ?? 0))) marks.fill(1, 0, length);
    return;
  }
  const { codes, known } = column;
  let { information } = channel;
  for (let position = 0; position < length; position++) {
    const row = numbers[position] ?? 0;
    let meaning = information[known[codes[row] ?? 0] ?? 0] ?? 0;
    if (meaning === 0) {
      meaning = channel.informationAt(row);
      information = channel.information;
    }
    if (isWaitedFor(meaning)) marks[position] = 1;
  }
}
