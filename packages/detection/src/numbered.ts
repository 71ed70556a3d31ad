/** Things known by a key, each with a number from 1. */
export interface Numbered<T> {
  readonly size: number;
  /** The number of what has this key; the first thing that had it is kept. */
  numberOf(key: string, thing: T): number;
  at(number: number): T;
}

export function createNumbered<T>(): Numbered<T> {
  const numbers = new Map<string, number>();
  const things: T[] = [];
  return {
    get size() {
      return things.length;
    },
    numberOf(key, thing) {
      let number = numbers.get(key);
      if (number === undefined) {
        number = things.push(thing);
        numbers.set(key, number);
      }
      return number;
    },
    at: (number) => things[number - 1] as T,
  };
}
