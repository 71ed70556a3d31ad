import type { ArrayMemory } from '../decode/core/array-memory.ts';
import {
  type ByteClass,
  type BytePattern,
  byteAfter,
  type PartPatterns,
  type Piece,
} from './byte-pattern.ts';

/** Lays patterns out in the core's memory, where `assembly/pattern.ts` reads them; each once. */
export interface CorePatterns {
  /** Where the lists by first byte are. */
  listsOf(patterns: PartPatterns): number;
  /** Where it stands where the pieces of a pattern start and end; 0 for none. */
  prefixOf(patterns: PartPatterns): number;
}

const pieceNumbers = 8;
/** Bytes beyond a text that may be looked at. */
const slack = 16;
/** Values of half a byte. */
const halves = 16;

export function createCorePatterns(memory: ArrayMemory): CorePatterns {
  const lists = new Map<PartPatterns, number>();
  const placed = new Map<readonly Piece[], readonly [start: number, end: number]>();
  const classes = new Map<ByteClass, number>();
  const prefixes = new Map<BytePattern, number>();

  const wordsOf = (numbers: readonly number[]): number => {
    const words = memory.ints(Math.max(1, numbers.length));
    words.set(numbers);
    return words.byteOffset;
  };
  const classAt = (of: ByteClass): number => {
    let at = classes.get(of);
    if (at === undefined) {
      const bytes = memory.bytes(2 * halves);
      for (const [byte, holds] of of.entries()) {
        const place = (byte >> 7) * halves + (byte & 15);
        bytes[place] = (bytes[place] as number) | (holds << ((byte >> 4) & 7));
      }
      at = bytes.byteOffset;
      classes.set(of, at);
    }
    return at;
  };
  const textAt = (text: Uint8Array): readonly [start: number, length: number] => {
    const bytes = memory.bytes(text.length + slack);
    bytes.set(text);
    return [bytes.byteOffset, text.length];
  };
  const choicesOf = ({ texts, rests }: Piece): number =>
    texts.length > 0
      ? wordsOf([texts.length, ...texts.flatMap(textAt)])
      : wordsOf([rests.length, ...rests.flatMap(piecesAt)]);

  /** Where pieces start and end. */
  function piecesAt(pieces: readonly Piece[]): readonly [start: number, end: number] {
    const known = placed.get(pieces);
    if (known !== undefined) return known;
    const numbers = pieces.flatMap((piece, index) => [
      piece.kind,
      classAt(piece.of),
      piece.least,
      piece.most,
      choicesOf(piece),
      byteAfter(pieces, index),
      0,
      0,
    ]);
    const start = wordsOf(numbers);
    const place = [start, start + pieces.length * pieceNumbers * 4] as const;
    placed.set(pieces, place);
    return place;
  }

  return {
    listsOf(patterns) {
      let at = lists.get(patterns);
      if (at === undefined) {
        const known = new Map<readonly BytePattern[], number>();
        const byFirst = patterns.byFirst.map((some) => {
          const list =
            known.get(some) ?? wordsOf([some.length, ...some.flatMap(({ pieces }) => piecesAt(pieces))]);
          known.set(some, list);
          return list;
        });
        at = wordsOf(byFirst);
        lists.set(patterns, at);
      }
      return at;
    },
    prefixOf({ prefix }) {
      if (prefix === undefined) return 0;
      const at = prefixes.get(prefix) ?? wordsOf(piecesAt(prefix.pieces));
      prefixes.set(prefix, at);
      return at;
    },
  };
}
