/** First and last times, by numbers from 0 that are new one after another. */
export interface TimeSpans {
  /** Takes note of an event's time; `number` is one that was told before or the next one. */
  add(number: number, time: number): void;
  clear(): void;
  firstOf(number: number): number;
  lastOf(number: number): number;
}

export function createTimeSpans(): TimeSpans {
  let firsts = new Float64Array(64);
  let lasts = new Float64Array(64);
  let size = 0;
  const grow = (): void => {
    const [oldFirsts, oldLasts] = [firsts, lasts];
    firsts = new Float64Array(2 * oldFirsts.length);
    lasts = new Float64Array(firsts.length);
    firsts.set(oldFirsts);
    lasts.set(oldLasts);
  };
  return {
    add(number, time) {
      if (number === size) {
        if (size === firsts.length) grow();
        firsts[number] = time;
        lasts[number] = time;
        size += 1;
      } else if (time < (firsts[number] as number)) firsts[number] = time;
      else if (time > (lasts[number] as number)) lasts[number] = time;
    },
    clear() {
      size = 0;
    },
    firstOf: (number) => firsts[number] as number,
    lastOf: (number) => lasts[number] as number,
  };
}
