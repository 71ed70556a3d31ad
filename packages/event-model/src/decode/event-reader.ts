import { isUtf8 } from 'node:buffer';
import type { DecodeCore } from './core/decode-core.ts';
import type { TokenSource } from './json-token.ts';
import { createKeyTable, type KeyTable } from './key-table.ts';
import { isInterior, type PathTree } from './path-tree.ts';
import type { SourceRecognizer } from './recognize-source.ts';

/** The wanted values of one event, in the order of the text. */
export interface Tokens {
  /** How many numbers of `items` are in use. */
  readonly filled: number;
  /** Of each token beside each other: its node, its kind, where it starts, where it ends. */
  readonly items: Int32Array;
}

/** Numbers of one token. */
export const tokenSize = 4;

/** Added to the kind (see `tokenKinds`) of a token that stood in an array. */
export const listed = 16;

/** What became of an event that was to be taken. */
export const takeOutcomes = {
  /**
   * It is no JSON object within the bounds, or has something in which the reader and `JSON.parse` could differ (a wanted key twice, a path
   * through any key): then the slow way has to be gone.
   */
  unread: -1,
  /** No profile knows it. */
  unknown: -2,
  /** Its source was not met yet: the source's places have to be added to the tree, and the event taken again. */
  unmet: -3,
  /** It was read, but holds lists or objects: its tokens have to be put here. */
  nested: -4,
  /** It was read, but its source has to be recognised here. */
  unsure: -5,
} as const;

/**
 * Takes events straight from their bytes: the core checks them as strictly as `JSON.parse` does, notes where the wanted values stand,
 * recognises the source and puts the values to the fields of the source's row. No object, string or number is made.
 */
export interface EventReader {
  /** Of the event that was taken last. */
  readonly tokens: Tokens;
  readonly end: number;
  /** Shape of the event, counted over all profiles. */
  readonly shape: number;
  /** Line breaks inside the event. */
  readonly newlines: number;
  /** Whether one of the event's strings may have an escape that JSON does not demand; its keys may in any case. */
  readonly coded: boolean;
  /** Whether one of the event's numbers has an exponent. */
  readonly exponent: boolean;
  /** Where in `tokens.items` those tokens stand that have to be cut, and how many there are. */
  readonly cuts: Int32Array;
  readonly cutCount: number;
  /** Tells the core what is looked for now, and whose bytes are read. Needed before it takes a run of records. */
  prepare(source: TokenSource): void;
  /**
   * Takes the event that starts at `start` of a source whose bytes stand in the core, `shift` further on.
   * @param limit where it ends at the latest
   * @param isWhole whether it has to end there
   * @param profile the profile that it is of; -1 when that is not known
   * @returns 0 or more when its values were put, but for those that have to be cut; else one of `takeOutcomes`
   */
  take(
    source: TokenSource,
    start: number,
    limit: number,
    isWhole: boolean,
    shift: number,
    profile: number,
  ): number;
  /** Says how the fields of a shape are found. */
  plan(shape: number, head: Int32Array): void;
  isPlanned(shape: number): boolean;
  /** What the core asks for, see `CoreHost`. */
  learnKey(node: number, start: number, end: number): number;
  childOf(node: number, start: number, end: number): number;
  isText(start: number, end: number): number;
  answerOf(node: number, kind: number, start: number, end: number): number;
}

/** An event with more wanted values goes the slow way. */
const maxTokens = 4_096;
/** What the core found, in the order of `assembly/index.ts`, and the bits of the facts there. */
const foundEnd = 0;
const foundNewlines = 1;
const foundFacts = 2;
const foundShape = 3;
const foundTokens = 4;
const foundCuts = 5;
const codedFact = 2;
const exponentFact = 4;

export function createEventReader(
  tree: PathTree,
  core: DecodeCore,
  recognizer: SourceRecognizer,
  limits: { readonly maxDepth: number; readonly maxEventBytes: number },
): EventReader {
  const { calls, memory } = core;
  const found = memory.ints(foundCuts + 1);
  const items = memory.ints(maxTokens * tokenSize);
  const cuts = memory.ints(maxTokens);
  const plans = memory.ints(recognizer.shapes.length);
  let keys: KeyTable | undefined;
  let roles: Uint8Array | undefined;
  let version = -1;
  let source: TokenSource | undefined;
  calls.useCuts(cuts.byteOffset, memory.ints(tokenSize).byteOffset);
  calls.useTaking(found.byteOffset, plans.byteOffset, limits.maxEventBytes);

  const renew = (): void => {
    keys?.release();
    if (roles !== undefined) memory.release(roles);
    keys = createKeyTable(tree, core);
    keys.use();
    roles = memory.bytes(tree.nodes.length);
    roles.set(rolesOf(tree));
    calls.useTokens(items.byteOffset, maxTokens, roles.byteOffset, limits.maxDepth);
    recognizer.use();
    version = tree.version;
  };
  const prepare = (from: TokenSource): void => {
    if (version !== tree.version || keys === undefined || keys.isFull) renew();
    source = from;
  };
  /** Bytes as they stand in the core: keys are learned from there. */
  const coreText = (): TokenSource => ({ bytes: core.bytes, view: core.view });

  return {
    tokens: {
      items,
      get filled() {
        return found[foundTokens] as number;
      },
    },
    cuts,
    get cutCount() {
      return found[foundCuts] as number;
    },
    get end() {
      return found[foundEnd] as number;
    },
    get shape() {
      return found[foundShape] as number;
    },
    get newlines() {
      return found[foundNewlines] as number;
    },
    get coded() {
      return ((found[foundFacts] as number) & codedFact) !== 0;
    },
    get exponent() {
      return ((found[foundFacts] as number) & exponentFact) !== 0;
    },
    prepare,
    take(from, start, limit, isWhole, shift, profile) {
      prepare(from);
      return calls.takeEvent(start + shift, limit + shift, shift, profile, isWhole ? 1 : 0);
    },
    plan(shape, head) {
      plans[shape] = head.byteOffset;
    },
    isPlanned: (shape) => plans[shape] !== 0,
    learnKey: (node, start, end) => (keys as KeyTable).learn(node, coreText(), start, end),
    childOf: (node, start, end) => (keys as KeyTable).childOf(node, coreText(), start, end),
    isText: (start, end) => (isUtf8((source as TokenSource).bytes.subarray(start, end)) ? 1 : 0),
    answerOf: (node, kind, start, end) => recognizer.answerOf(node, source as TokenSource, kind, start, end),
  };
}

function rolesOf(tree: PathTree): Uint8Array {
  // Node 0 is no node for a value: it stands for a key that nobody asks for.
  return Uint8Array.from(tree.nodes, (node) =>
    node.id === 0
      ? node.any === undefined
        ? 0
        : 4
      : (node.wanted ? 1 : 0) | (isInterior(node) ? 2 : 0) | (node.any === undefined ? 0 : 4),
  );
}
