/** Gives the things that a batch shows places from 0, in the order in which they are met, by numbers that outlive the batch. */
export interface BatchPlaces {
  /** Forgets the places of the batch before. */
  clear(): void;
  readonly size: number;
  placeOf(number: number): number;
  numberAt(place: number): number;
}

export function createBatchPlaces(): BatchPlaces {
  /** By number: its place plus one, 0 for none. */
  let places = new Int32Array(64);
  /** By place. */
  let numbers = new Int32Array(64);
  let size = 0;
  return {
    clear() {
      for (let place = 0; place < size; place += 1) places[numbers[place] as number] = 0;
      size = 0;
    },
    get size() {
      return size;
    },
    placeOf(number) {
      if (number >= places.length) places = withRoom(places, number + 1);
      const place = places[number] as number;
      if (place !== 0) return place - 1;
      if (size === numbers.length) numbers = withRoom(numbers, size + 1);
      numbers[size] = number;
      size += 1;
      places[number] = size;
      return size - 1;
    },
    numberAt: (place) => numbers[place] as number,
  };
}

function withRoom(few: Int32Array<ArrayBuffer>, room: number): Int32Array<ArrayBuffer> {
  const many = new Int32Array(Math.max(room, 2 * few.length));
  many.set(few);
  return many;
}
