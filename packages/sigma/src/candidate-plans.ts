import { type CombinationCache, createCombinationCache } from './combination-cache.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { holds } from './expression.ts';
import { localSet, type PartitionChannel } from './partition-channel.ts';
import type { SigmaRule } from './sigma-rule.ts';
import type { Truth } from './truth.ts';

/**
 * Which rules a row has to be asked, by number: each witness that is found leads from one plan to the next. So a row is
 * asked for the fields that its own candidates read, and for no others.
 */
export interface CandidatePlans {
  /** The plan of rows where no witness was found yet; 0 when such rows need not be asked. */
  start(): number;
  /** The plan that `plan` becomes when a channel, by its index, has this local set. */
  after(plan: number, channel: number, set: number): number;
  /** The rules that hold for a row that has this plan. */
  matching(plan: number, row: number): readonly SigmaRule[];
  /** Forgets what depends on the numbers of sets, and all plans; only between batches. */
  forget(): void;
  /** Whether so many plans are known that it is time to forget. */
  isFull(): boolean;
}

interface Plan {
  /** Rules by index, in rising order. */
  readonly rules: readonly number[];
  readonly channels: readonly PartitionChannel[];
  readonly combination: Uint32Array;
  readonly cache: CombinationCache<readonly SigmaRule[]>;
  /** Plans that follow, by channel and candidates. */
  readonly next: Map<number, number>;
}

/** Plans of one partition; past them, rows are asked all rules. */
const maxPlans = 512;
/** Memory for the combinations of one plan, in numbers held: 128 KB. */
const maxNumbers = 1 << 15;
const none: readonly SigmaRule[] = [];

export function createCandidatePlans(
  rules: readonly CompiledRule[],
  channels: readonly PartitionChannel[],
  truth: Truth,
): CandidatePlans {
  const always = rules.flatMap(({ witness }, index) => (witness === undefined ? [index] : []));
  const all = Array.from(rules.keys());
  const noPlan = createPlan([], rules, channels);
  let plans: Plan[] = [];
  let numbers = new Map<string, number>();
  let everything = 0;

  const numberOf = (chosen: readonly number[]): number => {
    const key = chosen.join();
    let number = numbers.get(key);
    if (number === undefined) {
      if (plans.length >= maxPlans && everything !== 0) return everything;
      number = plans.push(createPlan(chosen, rules, channels)) - 1;
      numbers.set(key, number);
    }
    return number;
  };
  const begin = (): void => {
    plans = [noPlan];
    noPlan.next.clear();
    numbers = new Map([['', 0]]);
    everything = 0;
    everything = numberOf(all);
  };
  begin();

  const evaluate = ({ rules: candidates, channels: read, combination }: Plan): readonly SigmaRule[] => {
    truth.begin();
    for (let position = 0; position < read.length; position++) {
      const channel = read[position];
      if (channel !== undefined) truth.add(channel.atomsOf(combination[position] ?? 0));
    }
    const matched: SigmaRule[] = [];
    for (const index of candidates) {
      const candidate = rules[index];
      if (candidate !== undefined && holds(candidate.expression, truth.holds)) matched.push(candidate.rule);
    }
    return matched.length === 0 ? none : matched;
  };

  return {
    start: () => numberOf(always),
    after(number, index, set) {
      const plan = plans[number];
      const channel = channels[index];
      if (plan === undefined || channel === undefined) return everything;
      const key = channel.candidatesNumber(set) * channels.length + index;
      let next = plan.next.get(key);
      if (next === undefined) {
        const joined = new Set([...plan.rules, ...channel.candidatesOf(set)]);
        next = numberOf(Array.from(joined).sort((a, b) => a - b));
        plan.next.set(key, next);
      }
      return next;
    },
    matching(number, row) {
      const plan = plans[number] ?? noPlan;
      const { channels: read, combination, cache } = plan;
      for (let position = 0; position < read.length; position++)
        combination[position] = localSet(read[position]?.informationAt(row) ?? 0);
      const known = cache.get(combination);
      if (known !== undefined) return known;
      const answer = evaluate(plan);
      cache.set(combination, answer);
      return answer;
    },
    forget: begin,
    isFull: () => plans.length >= maxPlans,
  };
}

function createPlan(
  chosen: readonly number[],
  rules: readonly CompiledRule[],
  channels: readonly PartitionChannel[],
): Plan {
  const read = new Set(chosen.flatMap((index) => rules[index]?.channels ?? []));
  const own = channels.filter(({ channel }) => read.has(channel));
  return {
    rules: chosen,
    channels: own,
    combination: new Uint32Array(own.length),
    cache: createCombinationCache(own.length, maxNumbers),
    next: new Map(),
  };
}
