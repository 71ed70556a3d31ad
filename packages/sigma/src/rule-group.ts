import { absenceCost } from './atom-cost.ts';
import type { AtomTable, Channel, ChannelAtom } from './atom-table.ts';
import { createChannelReader, type Turn } from './channel-reader.ts';
import type { ColumnBatch } from './column-batch.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { atomsOf } from './expression.ts';
import { createFieldProgram, type FieldProgram, type ProgramMemory } from './field-program.ts';
import type { SharedChannel } from './partition-channel.ts';
import { createPartition } from './rule-partition.ts';
import type { SigmaRule } from './sigma-rule.ts';
import type { Truth } from './truth.ts';

/** The rules that look at one kind of event. */
export interface RuleGroup {
  readonly rules: readonly SigmaRule[];
  /** Every field one of them reads. */
  readonly fields: readonly string[];
  /** Whether one of them has keywords, so that `ColumnBatch.values` is asked. */
  readonly needsValues: boolean;
  /**
   * Calls `onMatch` for each rule that holds for each of the rows (all rows when `rows` is undefined), in no
   * promised order of rows. All events of the rows must be of the group's log sources. `onMatch` must not evaluate.
   */
  evaluate(
    batch: ColumnBatch,
    rows: Uint32Array | undefined,
    onMatch: (row: number, rule: SigmaRule) => void,
  ): void;
}

export interface GroupParts {
  readonly rules: readonly CompiledRule[];
  readonly table: AtomTable;
  /** The program of a channel; shared by all groups of a rule set. */
  readonly programOf: (channel: number) => FieldProgram;
  readonly memory: ProgramMemory;
  readonly truth: Truth;
}

export function createRuleGroup({ rules, table, programOf, memory, truth }: GroupParts): RuleGroup {
  const { channels, channelOf } = table;
  const readers = new Map<number, SharedChannel>();
  const turn: Turn = { batch: undefined, number: 0 };
  const awaited = new Set(rules.flatMap(({ witness }) => Array.from(witness?.atoms ?? [])));
  for (const index of new Set(rules.flatMap((rule) => rule.channels))) {
    const shared = channels[index];
    if (shared === undefined) throw new Error(`channel ${index} does not exist`);
    // Values of events are not remembered, so a group asks for no keyword of rules that are not its own.
    const channel = shared.kind === 'keywords' ? ownKeywords(shared.atoms, rules) : shared;
    const program =
      channel.kind === 'keywords' ? createFieldProgram(channel.atoms, memory) : programOf(index);
    readers.set(index, {
      channel: index,
      program,
      reader: createChannelReader(channel, program, { awaited, turn }),
    });
  }
  const partitions = partition(rules, channels).map((part) =>
    createPartition({ rules: part, channels: readersOf(part, readers), channelOf, truth }),
  );
  let generation = memory.generation;
  let allRows = new Uint32Array(0);

  const begin = (batch: ColumnBatch): void => {
    memory.trim();
    if (generation !== memory.generation) for (const part of partitions) part.forget();
    generation = memory.generation;
    turn.batch = batch;
    turn.number++;
  };

  return {
    rules: rules.map(({ rule }) => rule),
    fields: fieldsOf(channels, readers.keys()),
    needsValues: Array.from(readers.keys()).some((index) => channels[index]?.kind === 'keywords'),
    evaluate(batch, rows, onMatch) {
      if (partitions.length === 0) return;
      begin(batch);
      if (rows === undefined && allRows.length < batch.length)
        allRows = Uint32Array.from({ length: batch.length }, (_, row) => row);
      const numbers = rows ?? allRows.subarray(0, batch.length);
      for (const part of partitions) part.evaluate(numbers, onMatch);
    },
  };
}

function ownKeywords(atoms: readonly ChannelAtom[], rules: readonly CompiledRule[]): Channel {
  const own = new Set<number>();
  for (const { expression } of rules) atomsOf(expression, own);
  return { kind: 'keywords', atoms: atoms.filter(({ atom }) => own.has(atom)) };
}

/**
 * Rules by what has to be read to find and to ask them: looking for a keyword reads every value of every row, and a rule
 * found by an absence is asked for nearly every row. Apart, so that they do not make the other rules do so too.
 */
function partition(
  rules: readonly CompiledRule[],
  channels: readonly Channel[],
): readonly (readonly CompiledRule[])[] {
  const isKeywords = (index: number): boolean => channels[index]?.kind === 'keywords';
  const parts = new Map<string, CompiledRule[]>();
  for (const rule of rules) {
    const key = `${searchOf(rule, isKeywords)} ${rule.channels.some(isKeywords)}`;
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [rule]);
    else part.push(rule);
  }
  return Array.from(parts.values());
}

function searchOf(
  { witness, witnessChannels }: CompiledRule,
  isKeywords: (index: number) => boolean,
): string {
  if (witness === undefined) return 'always';
  if (witnessChannels.some(isKeywords)) return 'keyword';
  return witness.absent.size > 0 || witness.cost >= absenceCost ? 'absence' : 'field';
}

function readersOf(
  rules: readonly CompiledRule[],
  readers: ReadonlyMap<number, SharedChannel>,
): readonly SharedChannel[] {
  const indexes = new Set(rules.flatMap((rule) => rule.channels));
  return Array.from(indexes).flatMap((index) => readers.get(index) ?? []);
}

export function fieldsOf(channels: readonly Channel[], indexes: Iterable<number>): readonly string[] {
  const fields = new Set<string>();
  for (const index of indexes) {
    const channel = channels[index];
    if (channel?.kind === 'column' || channel?.kind === 'reference') fields.add(channel.field);
    if (channel?.kind === 'reference') fields.add(channel.reference.field);
  }
  return Array.from(fields);
}
