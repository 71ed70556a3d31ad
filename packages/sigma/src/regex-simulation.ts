import { type Classes, holdsAt, matchStep, type Program } from './regex-program.ts';

/** Where a text is taken up: the place, the steps that are open there before anything is read, and what stands before it. */
export interface Place {
  readonly from: number;
  readonly steps: readonly number[];
  readonly before: number;
}

/**
 * Goes through a text with all open steps of the expression side by side (Thompson 1968), and remembers nothing: each character costs as
 * many steps as are open.
 */
export function createSimulation(
  program: Program,
  classes: Classes,
): (text: string, place: Place) => boolean {
  const { sets, assertions, next, other, start } = program;
  const size = next.length;
  /** By class and step: 1 where the step reads a character of the class. */
  const reads = new Uint8Array((classes.count + 2) * size);
  for (let characterClass = 0; characterClass < classes.count + 2; characterClass++)
    for (let step = 0; step < size; step++)
      reads[characterClass * size + step] = classes.includes(step, characterClass) ? 1 : 0;
  const consumes = Uint8Array.from(sets, (set) => (set === undefined ? 0 : 1));

  return (text, { from, steps, before: first }) => {
    const last = text.length - 1;
    let open = createStepList(size);
    let following = createStepList(size);
    for (const step of steps) open.add(step);
    let before = first;
    for (let index = from; ; index++) {
      const isEnd = index > last;
      const unit = isEnd ? 0 : text.charCodeAt(index);
      const characterClass = isEnd
        ? classes.count
        : index === last && unit === newlineUnit
          ? classes.count + 1
          : classes.classOf(unit);
      const kind = classes.kindOf(characterClass);
      const ending = characterClass >= classes.count ? characterClass - classes.count : 2;
      const row = characterClass * size;
      following.clear();
      // A search may start anywhere, so the first step is open again at every place.
      following.add(start);
      // What is added while it is gone through is gone through too.
      for (let at = 0; at < open.length(); at++) {
        const step = open.at(at);
        if (step === matchStep) return true;
        if (consumes[step] === 1) {
          if (reads[row + step] === 1) following.add(next[step] ?? matchStep);
          continue;
        }
        const assertion = assertions[step];
        if (assertion !== undefined && !holdsAt(assertion, before, kind, ending)) continue;
        open.add(next[step] ?? matchStep);
        const way = other[step] ?? -1;
        if (way !== -1) open.add(way);
      }
      if (isEnd) return false;
      before = kind;
      [open, following] = [following, open];
    }
  };
}

const newlineUnit = 0x0a;

/** Steps in the order in which they were added, each once. */
function createStepList(size: number) {
  const list = new Uint16Array(size);
  const stamps = new Uint32Array(size);
  let now = 1;
  let count = 0;
  return {
    length: () => count,
    at: (index: number) => list[index] as number,
    add(step: number): void {
      if (stamps[step] === now) return;
      stamps[step] = now;
      list[count++] = step;
    },
    clear(): void {
      count = 0;
      now++;
    },
  };
}
