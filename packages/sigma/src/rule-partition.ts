import { createCandidatePlans } from './candidate-plans.ts';
import type { CompiledRule } from './compiled-rule.ts';
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
  /** Calls `onMatch` for each rule of the partition that holds for each of the rows. */
  evaluate(rows: Uint32Array, onMatch: (row: number, rule: SigmaRule) => void): void;
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

/**
 * Rules that are found by a witness: a row is looked at only when one of its values tells that some rule may hold, and is
 * then asked the rules that it tells of. What holds for a combination of atom sets is remembered, since events repeat.
 */
export function createPartition({
  rules,
  channels: shared,
  channelOf,
  truth,
}: PartitionParts): RulePartition {
  const own = ownAtoms(rules, channelOf);
  const channels = shared.map((one) => createPartitionChannel(one, own(one.channel)));
  const plans = createCandidatePlans(rules, channels, truth);
  const searched = channels.flatMap((channel, index) => (channel.isSearched ? [{ channel, index }] : []));
  /** The plan of each row, by position. */
  let planOf = new Uint16Array(0);

  const markEach = (channel: PartitionChannel, index: number, rows: Uint32Array): void => {
    const { reader, isSearchedForAbsence } = channel;
    for (let position = 0; position < rows.length; position++) {
      const row = rows[position] ?? 0;
      if (!isSearchedForAbsence && reader.mayTell?.(row) === false) continue;
      const meaning = channel.informationAt(row);
      if (isWaitedFor(meaning))
        planOf[position] = plans.after(planOf[position] ?? 0, index, localSet(meaning));
    }
  };
  const mark = (channel: PartitionChannel, index: number, rows: Uint32Array): void => {
    const { reader } = channel;
    const column = reader.column();
    const { length } = rows;
    if (column === undefined) {
      if (reader.isPresent()) markEach(channel, index, rows);
      else if (length > 0) {
        const meaning = channel.informationAt(rows[0] ?? 0);
        if (!isWaitedFor(meaning)) return;
        for (let position = 0; position < length; position++)
          planOf[position] = plans.after(planOf[position] ?? 0, index, localSet(meaning));
      }
      return;
    }
    // The loop that all events go through: one look-up for a code's set and one for what the set means here.
    const { codes, known } = column;
    let information = channel.information();
    let lastCode = -1;
    let meaning = 0;
    for (let position = 0; position < length; position++) {
      const row = rows[position] ?? 0;
      const code = codes[row] ?? 0;
      // Most events have the value of the one before.
      if (code !== lastCode) {
        lastCode = code;
        meaning = information[known[code] ?? 0] ?? 0;
        if (meaning === 0) {
          meaning = channel.informationAt(row);
          information = channel.information();
        }
      }
      if (isWaitedFor(meaning))
        planOf[position] = plans.after(planOf[position] ?? 0, index, localSet(meaning));
    }
  };

  return {
    evaluate(rows, onMatch) {
      if (plans.isFull()) plans.forget();
      const { length } = rows;
      if (planOf.length < length) planOf = new Uint16Array(length);
      planOf.fill(plans.start(), 0, length);
      for (const { channel, index } of searched) mark(channel, index, rows);
      for (let position = 0; position < length; position++) {
        const plan = planOf[position] ?? 0;
        if (plan === 0) continue;
        const row = rows[position] ?? 0;
        const matched = plans.matching(plan, row);
        for (let index = 0; index < matched.length; index++) onMatch(row, matched[index] as SigmaRule);
      }
    },
    forget() {
      plans.forget();
      for (const channel of channels) channel.forget();
    },
  };
}
