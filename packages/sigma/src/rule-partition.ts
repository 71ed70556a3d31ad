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
  /** The plan of each row, by position; 0 between evaluations. */
  let planOf = new Uint16Array(0);
  /** Positions whose plan is another one than that of rows where nothing was found. */
  let found = new Uint32Array(0);
  let foundCount = 0;

  const lead = (position: number, index: number, meaning: number): void => {
    const plan = planOf[position] ?? 0;
    if (plan === 0) found[foundCount++] = position;
    planOf[position] = plans.after(plan, index, localSet(meaning));
  };

  const markEach = (channel: PartitionChannel, index: number, rows: Uint32Array): void => {
    const { reader, isSearchedForAbsence } = channel;
    const toAsk = isSearchedForAbsence ? undefined : reader.rowsToAsk?.();
    for (let position = 0; position < rows.length; position++) {
      const row = rows[position] ?? 0;
      if (toAsk !== undefined && toAsk[row] === 0) continue;
      if (!isSearchedForAbsence && reader.mayTell?.(row) === false) continue;
      const meaning = channel.informationAt(row);
      if (isWaitedFor(meaning)) lead(position, index, meaning);
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
        for (let position = 0; position < length; position++) lead(position, index, meaning);
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
      if (isWaitedFor(meaning)) lead(position, index, meaning);
    }
  };
  const begin = (length: number): void => {
    if (plans.isFull()) plans.forget();
    if (planOf.length < length) {
      planOf = new Uint16Array(length);
      found = new Uint32Array(length);
    } else if (foundCount > 0) planOf.fill(0); // An evaluation that threw.
    foundCount = 0;
    const start = plans.start();
    if (start === 0) return;
    for (let position = 0; position < length; position++) {
      planOf[position] = start;
      found[foundCount++] = position;
    }
  };

  return {
    evaluate(rows, onMatch) {
      begin(rows.length);
      for (const { channel, index } of searched) mark(channel, index, rows);
      for (let at = 0; at < foundCount; at++) {
        const position = found[at] ?? 0;
        const row = rows[position] ?? 0;
        const matched = plans.matching(planOf[position] ?? 0, row);
        for (let index = 0; index < matched.length; index++) onMatch(row, matched[index] as SigmaRule);
        planOf[position] = 0;
      }
      foundCount = 0;
    },
    forget() {
      plans.forget();
      for (const channel of channels) channel.forget();
    },
  };
}
