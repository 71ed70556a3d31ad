/** The part of a cache that Yoga asks of one for parsed documents. */
export interface DocumentCache<T> {
  get(text: string): T | undefined;
  set(text: string, value: T): void;
}

/**
 * Remembers what was made of a text, the least recently used first forgotten, bounded by the texts' total length: a parsed
 * document takes many times the memory of its text, so a bound on their number alone would let callers fill the memory.
 */
export function createDocumentCache<T>(options: {
  maxCharacters: number;
  maxTextLength: number;
}): DocumentCache<T> {
  const entries = new Map<string, T>();
  let characters = 0;
  return {
    get(text) {
      const value = entries.get(text);
      if (value === undefined) return undefined;
      entries.delete(text);
      entries.set(text, value);
      return value;
    },
    set(text, value) {
      if (text.length > options.maxTextLength) return;
      if (entries.delete(text)) characters -= text.length;
      entries.set(text, value);
      characters += text.length;
      for (const oldest of entries.keys()) {
        if (characters <= options.maxCharacters) break;
        entries.delete(oldest);
        characters -= oldest.length;
      }
    },
  };
}
