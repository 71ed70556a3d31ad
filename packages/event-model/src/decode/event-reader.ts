import { jsonByte } from './json-byte.ts';
import { type TokenSource, tokenKinds } from './json-token.ts';
import { createKeyTable, type KeyTable, walkedKey } from './key-table.ts';
import { isInterior, type PathTree } from './path-tree.ts';
import { literalEnd, numberEnd, plainEnd, type ScanFacts, stringEnd } from './scan-json.ts';

/** The wanted values of one event, in the order of the text. */
export interface Tokens {
  /** How many numbers of `items` are in use. */
  filled: number;
  /** Of each token beside each other: its node, its kind, where it starts, where it ends. */
  items: Int32Array;
}

/** Numbers of one token. */
export const tokenSize = 4;

/** Added to the kind (see `tokenKinds`) of a token that stood in an array. */
export const listed = 16;

/**
 * Reads events straight from their bytes: checks them as strictly as `JSON.parse` does, and notes where the wanted values stand.
 * No object, string or number is made.
 */
export interface EventReader {
  readonly tokens: Tokens;
  /** Line breaks inside the event that was read last. */
  readonly newlines: number;
  /** Whether a byte of the event is beyond ASCII: that these are UTF-8 is for the caller to check. */
  readonly high: boolean;
  /** Whether one of the event's strings may have an escape in hexadecimal digits; its keys may in any case. */
  readonly coded: boolean;
  /** Whether one of the event's numbers has an exponent. */
  readonly exponent: boolean;
  /**
   * Where the object that starts at `start` ends. -1 when it is no JSON object within the bounds, or has something in which
   * this reader and `JSON.parse` could differ (a wanted key twice, a path through any key): then the slow way has to be gone.
   */
  read(source: TokenSource, start: number, limit: number): number;
}

const { quote, comma, minus, colon, openObject, closeObject, openArray, closeArray, newline } = jsonByte;
const firstTokens = 512;
const maxTokens = 1 << 16;

export function createEventReader(tree: PathTree, maxDepth: number): EventReader {
  const tokens: Tokens = { filled: 0, items: new Int32Array(firstTokens * tokenSize) };
  const facts: ScanFacts = { escaped: false, high: false, coded: false, exponent: false };
  let keys: KeyTable = createKeyTable(tree);
  let version = tree.version;
  /** By node: 1 wanted, 2 on the way to a wanted one, 4 to be walked by the slow way. */
  let roles = rolesOf(tree);
  let bytes: Uint8Array = new Uint8Array(0);
  let view = new DataView(bytes.buffer);
  let source: TokenSource = { bytes, view };
  let limit = 0;
  let objects = 0;
  let newlines = 0;

  /** Returns false when there is no room. */
  const add = (node: number, kind: number, start: number, end: number): boolean => {
    const { filled } = tokens;
    if (filled === tokens.items.length && !grow(tokens)) return false;
    const { items } = tokens;
    items[filled] = node;
    items[filled + 1] = kind;
    items[filled + 2] = start;
    items[filled + 3] = end;
    tokens.filled = filled + tokenSize;
    return true;
  };

  /** The next position that holds no white space. */
  const skipSpace = (from: number): number => {
    let at = from;
    while (at < limit) {
      const byte = bytes[at] as number;
      if (byte > 0x20) break;
      if (byte === newline) newlines += 1;
      else if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) break;
      at += 1;
    }
    return at;
  };

  /** The members of the object that opened before `from`. `node` 0 at a depth beyond 1 means that nobody asks for any. */
  const readObject = (from: number, node: number, depth: number, inList: number): number => {
    if (depth > maxDepth) return -1;
    objects += 1;
    const serial = objects;
    const { starts, lengths, children, stamps, following } = keys;
    const keyBytes = keys.source.bytes;
    const keyView = keys.source.view;
    const [text, words, end] = [bytes, view, limit];
    const kinds = roles;
    let previous = keys.headOf(node);
    let at = from;
    if (at < end && (text[at] as number) <= 0x20) at = skipSpace(at);
    if (at < end && text[at] === closeObject) return at + 1;
    for (;;) {
      if (at >= end || text[at] !== quote) return -1;
      at += 1;
      let key = following[previous] as number;
      let length = 0;
      if (key !== 0) {
        length = lengths[key] as number;
        if (at + length > end) key = 0;
        else {
          const start = starts[key] as number;
          if (length < 4) {
            for (let index = 0; index < length; index += 1) {
              if (keyBytes[start + index] !== text[at + index]) key = 0;
            }
          } else {
            // The last word may reach back over the one before.
            const last = length - 4;
            let index = 0;
            while (index < last && keyView.getInt32(start + index, true) === words.getInt32(at + index, true))
              index += 4;
            if (index < last || keyView.getInt32(start + last, true) !== words.getInt32(at + last, true))
              key = 0;
          }
        }
      }
      let child: number;
      if (key !== 0) {
        child = children[key] as number;
        at += length;
      } else {
        const stop = stringEnd(text, words, at, end, facts);
        if (stop === -1) return -1;
        key = keys.find(node, source, at, stop);
        following[previous] = key;
        child = key === 0 ? keys.childOf(node, source, at, stop) : (children[key] as number);
        // Not learned but wanted: there is no place to note that it was met.
        if (key === 0 && child !== 0) return -1;
        at = stop + 1;
        if (at >= end || text[at] !== colon) {
          at = skipSpace(at);
          if (at >= end || text[at] !== colon) return -1;
        }
        at += 1;
      }
      if (child !== 0) {
        if (child === walkedKey) return -1;
        if (stamps[key] === serial) return -1;
        stamps[key] = serial;
      }
      previous = key === 0 ? keys.headOf(node) : key;
      // What nearly all values are is read here: a call costs as much as its work.
      let byte = at < end ? (text[at] as number) : 0;
      let stop = at;
      if (inList === 0 && byte === quote) {
        stop = plainEnd(text, words, at + 1, end);
        let kind: number = tokenKinds.plain;
        if (stop >= end || text[stop] !== quote) {
          stop = stringEnd(text, words, stop, end, facts);
          if (stop === -1) return -1;
          if (facts.escaped) kind = tokenKinds.escaped;
        }
        if (((kinds[child] as number) & 1) !== 0 && !add(child, kind, at + 1, stop)) return -1;
        stop += 1;
      } else if (inList === 0 && byte >= 0x31 && byte <= 0x39) {
        do {
          stop += 1;
          byte = stop < end ? (text[stop] as number) : 0;
        } while (byte >= 0x30 && byte <= 0x39);
        if (byte === comma || byte === closeObject) {
          if (((kinds[child] as number) & 1) !== 0 && !add(child, tokenKinds.number, at, stop)) return -1;
        } else stop = at;
      }
      if (stop > at) at = stop;
      else at = child === 0 ? skipValue(at, depth) : readValue(at, child, depth, inList);
      if (at === -1) return -1;
      byte = at < end ? (text[at] as number) : 0;
      if (byte <= 0x20) {
        at = skipSpace(at);
        byte = at < end ? (text[at] as number) : 0;
      }
      if (byte === closeObject) return at + 1;
      if (byte !== comma) return -1;
      at += 1;
      if (at < end && (text[at] as number) <= 0x20) at = skipSpace(at);
    }
  };

  /** The value that starts at or after `from`, of a node that is wanted or leads to one. */
  const readValue = (from: number, node: number, depth: number, inList: number): number => {
    let at = from;
    let byte = at < limit ? (bytes[at] as number) : 0;
    if (byte <= 0x20) {
      at = skipSpace(at);
      byte = at < limit ? (bytes[at] as number) : 0;
    }
    const role = roles[node] as number;
    if (byte === quote) {
      const end = stringEnd(bytes, view, at + 1, limit, facts);
      if (end === -1) return -1;
      if ((role & 1) !== 0) {
        const kind = facts.escaped ? tokenKinds.escaped : tokenKinds.plain;
        if (!add(node, kind | inList, at + 1, end)) return -1;
      }
      return end + 1;
    }
    if (byte === openObject) {
      if ((role & 4) !== 0) return -1;
      const end =
        (role & 2) === 0 ? skipObject(at + 1, depth + 1) : readObject(at + 1, node, depth + 1, inList);
      if (end !== -1 && (role & 1) !== 0 && !add(node, tokenKinds.object | inList, at, end)) return -1;
      return end;
    }
    if (byte === openArray) return readArray(at + 1, node, depth + 1);
    const isNumber = byte === minus || (byte >= 0x30 && byte <= 0x39);
    const end = isNumber ? numberEnd(bytes, at, limit, facts) : literalEndAt(at, byte);
    if (end === -1) return -1;
    if ((role & 1) !== 0) {
      const kind = isNumber ? tokenKinds.number : literalKind(byte);
      if (!add(node, kind | inList, at, end)) return -1;
    }
    return end;
  };

  const literalEndAt = (at: number, byte: number): number =>
    byte === 0x74 || byte === 0x66 || byte === 0x6e ? literalEnd(bytes, at, limit) : -1;

  const readArray = (from: number, node: number, depth: number): number => {
    if (depth > maxDepth) return -1;
    let at = skipSpace(from);
    if (at < limit && bytes[at] === closeArray) return at + 1;
    for (;;) {
      at = readValue(at, node, depth, listed);
      if (at === -1) return -1;
      at = skipSpace(at);
      if (at >= limit) return -1;
      if (bytes[at] === closeArray) return at + 1;
      if (bytes[at] !== comma) return -1;
      at += 1;
    }
  };

  const skipValue = (from: number, depth: number): number => {
    let at = from;
    let byte = at < limit ? (bytes[at] as number) : 0;
    if (byte <= 0x20) {
      at = skipSpace(at);
      byte = at < limit ? (bytes[at] as number) : 0;
    }
    if (byte === quote) {
      const end = stringEnd(bytes, view, at + 1, limit, facts);
      return end === -1 ? -1 : end + 1;
    }
    if (byte === openObject) return skipObject(at + 1, depth + 1);
    if (byte === openArray) return skipArray(at + 1, depth + 1);
    if (byte === minus || (byte >= 0x30 && byte <= 0x39)) return numberEnd(bytes, at, limit, facts);
    return literalEndAt(at, byte);
  };

  const skipObject = (from: number, depth: number): number => {
    if (depth > maxDepth) return -1;
    let at = skipSpace(from);
    if (at < limit && bytes[at] === closeObject) return at + 1;
    for (;;) {
      if (at >= limit || bytes[at] !== quote) return -1;
      at = stringEnd(bytes, view, at + 1, limit, facts);
      if (at === -1) return -1;
      at = skipSpace(at + 1);
      if (at >= limit || bytes[at] !== colon) return -1;
      at = skipValue(at + 1, depth);
      if (at === -1) return -1;
      at = skipSpace(at);
      if (at >= limit) return -1;
      if (bytes[at] === closeObject) return at + 1;
      if (bytes[at] !== comma) return -1;
      at = skipSpace(at + 1);
    }
  };

  const skipArray = (from: number, depth: number): number => {
    if (depth > maxDepth) return -1;
    let at = skipSpace(from);
    if (at < limit && bytes[at] === closeArray) return at + 1;
    for (;;) {
      at = skipValue(at, depth);
      if (at === -1) return -1;
      at = skipSpace(at);
      if (at >= limit) return -1;
      if (bytes[at] === closeArray) return at + 1;
      if (bytes[at] !== comma) return -1;
      at += 1;
    }
  };

  return {
    tokens,
    get newlines() {
      return newlines;
    },
    get high() {
      return facts.high;
    },
    get coded() {
      return facts.coded;
    },
    get exponent() {
      return facts.exponent;
    },
    read(from, start, end) {
      if (version !== tree.version || keys.isFull) {
        keys = createKeyTable(tree);
        roles = rolesOf(tree);
        version = tree.version;
      }
      source = from;
      bytes = from.bytes;
      view = from.view;
      limit = end;
      tokens.filled = 0;
      newlines = 0;
      facts.high = false;
      facts.coded = false;
      facts.exponent = false;
      return bytes[start] === openObject && ((roles[0] as number) & 4) === 0
        ? readObject(start + 1, 0, 1, 0)
        : -1;
    },
  };
}

function literalKind(byte: number): number {
  if (byte === 0x74) return tokenKinds.true;
  return byte === 0x66 ? tokenKinds.false : tokenKinds.null;
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

function grow(tokens: Tokens): boolean {
  const size = tokens.items.length * 2;
  if (size > maxTokens * tokenSize) return false;
  const items = new Int32Array(size);
  items.set(tokens.items);
  tokens.items = items;
  return true;
}
