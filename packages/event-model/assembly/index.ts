/**
 * The core of the decoder: what is done for every byte and every value of every event. JavaScript makes the arrays it works on, learns
 * keys, asks the tests of profiles, and does what is rare (packages/event-model/src/decode/core).
 */
export { lookUp } from './dictionary';
export { useKeys } from './keys';
export { noteNumbers } from './number-text';
export { useTokens } from './reader';
export { usePlaces } from './recognizer';
export { takePiece, takeRun, useRun } from './run';
export { useCuts } from './sink';
export { takeEvent, useTaking } from './take';
export { scanRows } from './text-scan';
export { useFactors } from './token';

/** Sets bytes to 0. JavaScript does the same on shared memory many times slower. */
export function clear(start: usize, length: usize): void {
  memory.fill(start, 0, length);
}

export function copy(to: usize, from: usize, length: usize): void {
  memory.copy(to, from, length);
}
