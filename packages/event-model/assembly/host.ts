/** What the module asks of JavaScript: all of it rare, since answers are remembered here. */

/** Learns the key whose bytes stand from `start` up to its quote at `end`, and returns its number; 0 when it may not be learned. */
export declare function learnKey(node: i32, start: i32, end: i32): i32;
/** The node that a key leads to which may not be learned. */
export declare function childOf(node: i32, start: i32, end: i32): i32;
/** Whether the stretch of the source is UTF-8. */
export declare function isText(start: i32, end: i32): bool;
/** The number of the answers that a value gives to the tests of its place; -1 when there are too many. */
export declare function answerOf(node: i32, kind: i32, start: i32, end: i32): i32;
/** The shape of an event by its sequence of answers; -1 when no profile knows it. */
export declare function verdictOf(length: i32, profile: i32): i32;
/** Makes the column of a field that no row of the batch had so far. */
export declare function openColumn(sink: i32, field: i32): void;
/** Makes room for more rows of a source. */
export declare function growRows(source: i32): void;
/** Puts the tokens of the event that was read last, which holds lists or objects. */
export declare function putNested(source: i32, shape: i32): void;
/** Cuts parts out of some tokens of the event that was read last. */
export declare function cutTokens(source: i32, shape: i32): void;
/** The time of the event whose fields were put, as `time.ts` says it. */
export declare function timeOf(source: i32): f64;
