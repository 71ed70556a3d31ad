import { type CharacterSet, hasUnit } from './character-set.ts';
import { assemble, classify, holdsAt, kinds, matchStep, type Program } from './regex-program.ts';
import { createSimulation } from './regex-simulation.ts';
import { type RegexNode, RegexProblem } from './regex-syntax.ts';

/** Each character of a text may cost as many steps as the expression has, so that this bounds what an event can cost. */
const maxSteps = 1_000;
const maxStates = 2_000;

interface State {
  readonly steps: readonly number[];
  readonly before: number;
}

/**
 * A matcher that reads each character of the text once, whatever the expression: it keeps the set of all places of the
 * expression it could be at, and remembers how such sets follow each other. So no text can make it slow. For a text that leads to ever
 * new sets nothing is remembered: to make them known would cost more than to go through them.
 */
export function createAutomaton(node: RegexNode): (text: string) => boolean {
  const run = runOf(node);
  if (run !== undefined) return (text) => hasRun(text, run);
  if (stepsOf(node) > maxSteps)
    throw new RegexProblem('It is too large once its repetitions are written out.');
  // Most rules never meet a value that makes them ask, so the automaton is built when it is first used.
  let test: ((text: string) => boolean) | undefined;
  return (text) => {
    test ??= build(node);
    return test(text);
  };
}

type Run = { readonly set: CharacterSet; readonly min: number };

/** What an expression such as `.{1000,}` looks for and nothing else; written out it would be a thousand states. */
function runOf(node: RegexNode): Run | undefined {
  const whole = unwrapped(node);
  if (whole.kind !== 'repeat' || whole.max < whole.min) return undefined;
  const repeated = unwrapped(whole.of);
  return repeated.kind === 'set' ? { set: repeated.set, min: whole.min } : undefined;
}

/** A node without the groups that hold nothing but it. */
function unwrapped(node: RegexNode): RegexNode {
  if (node.kind !== 'sequence' && node.kind !== 'choice') return node;
  const [only] = node.of;
  return node.of.length === 1 && only !== undefined ? unwrapped(only) : node;
}

function hasRun(text: string, { set, min }: Run): boolean {
  let length = 0;
  if (min === 0) return true;
  for (let index = 0; index < text.length; index++) {
    length = hasUnit(set, text.charCodeAt(index)) ? length + 1 : 0;
    if (length === min) return true;
  }
  return false;
}

/** Steps of the program, at most: repetitions are written out. */
function stepsOf(node: RegexNode): number {
  if (node.kind === 'set' || node.kind === 'assert') return 1;
  if (node.kind !== 'repeat') return node.of.reduce((sum, child) => sum + stepsOf(child) + 1, 1);
  const times = node.max === Number.POSITIVE_INFINITY ? node.min + 1 : node.max;
  return (stepsOf(node.of) + 1) * Math.max(1, times);
}

function build(node: RegexNode): (text: string) => boolean {
  const program = assemble(node);
  const classes = classify(program);
  const width = classes.count + 2;
  let states: State[] = [];
  let numbers = new Map<string, number>();
  /** Number of the state after each state and class of characters; see `unknown` and `accepted`. */
  let following = new Uint32Array(0);
  /** States that the text has led to and that were not known. */
  let newStates = 0;
  let simulate: ReturnType<typeof createSimulation> | undefined;

  const stateOf = (steps: readonly number[], before: number): number => {
    const key = `${before}:${steps.join()}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    // The states seen are only a memory of what was computed; starting it again costs time, never a result.
    if (states.length >= maxStates) {
      states = [];
      numbers = new Map();
      following.fill(unknown);
    }
    newStates++;
    const state = states.push({ steps, before }) - 1 + firstState;
    numbers.set(key, state);
    if ((state + 1) * width > following.length) {
      const grown = new Uint32Array(Math.max((state + 1) * width, following.length * 2));
      grown.set(following);
      following = grown;
    }
    return state;
  };

  const advance = (number: number, characterClass: number): number => {
    const state = states[number - firstState];
    if (state === undefined) throw new Error(`state ${number} does not exist`);
    const steps = close(
      program,
      state,
      classes.kindOf(characterClass),
      characterClass >= classes.count ? characterClass - classes.count : 2,
    );
    const known = states;
    const next = steps === undefined ? accepted : after(steps, characterClass);
    // Numbers of states mean something else once they were started again.
    if (known === states) following[number * width + characterClass] = next;
    return next;
  };

  const after = (steps: readonly number[], characterClass: number): number => {
    // A search may start anywhere, so the first step is open again at every place.
    const open = new Set<number>([program.start]);
    for (const step of steps)
      if (classes.includes(step, characterClass)) open.add(program.next[step] ?? matchStep);
    return stateOf(
      Array.from(open).sort((a, b) => a - b),
      classes.kindOf(characterClass),
    );
  };

  return (text) => {
    const { common } = classes;
    let state = stateOf([program.start], kinds.start);
    const last = text.length - 1;
    newStates = 0;
    for (let index = 0; index < last; index++) {
      const unit = text.charCodeAt(index);
      const characterClass = unit < 256 ? (common[unit] ?? 0) : classes.classOf(unit);
      const next = following[state * width + characterClass] || advance(state, characterClass);
      if (next === accepted) return true;
      state = next;
      if (newStates > maxStates) {
        const { steps, before } = states[state - firstState] ?? { steps: [], before: kinds.start };
        simulate ??= createSimulation(program, classes);
        return simulate(text, { from: index + 1, steps, before });
      }
    }
    if (last >= 0) {
      const unit = text.charCodeAt(last);
      const characterClass = unit === 0x0a ? classes.count + 1 : classes.classOf(unit);
      state = following[state * width + characterClass] || advance(state, characterClass);
      if (state === accepted) return true;
    }
    return (following[state * width + classes.count] || advance(state, classes.count)) === accepted;
  };
}

/** In the table of states: not computed yet, and that a match is found. */
const unknown = 0;
const accepted = 1;
const firstState = 2;

/**
 * The consuming steps that can be reached without reading, or undefined when a match is. `ending` is 0 at the end of
 * the text, 1 before a newline that ends it, 2 elsewhere.
 */
function close(
  program: Program,
  state: State,
  following: number,
  ending: number,
): readonly number[] | undefined {
  const seen = new Set<number>(state.steps);
  const open: number[] = [];
  // A set is read in the order of insertion, so what is added here is visited too.
  for (const step of seen) {
    if (step === matchStep) return undefined;
    const assertion = program.assertions[step];
    if (program.sets[step] !== undefined) open.push(step);
    else if (assertion === undefined || holdsAt(assertion, state.before, following, ending)) {
      seen.add(program.next[step] ?? matchStep);
      const other = program.other[step] ?? -1;
      if (other !== -1) seen.add(other);
    }
  }
  return open;
}
