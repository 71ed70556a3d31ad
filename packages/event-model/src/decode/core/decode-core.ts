import { Buffer } from 'node:buffer';
import { coreModule } from '../../generated/core-module.ts';
import { factors } from '../json-token.ts';
import type { ArrayMemory, CoreArray } from './array-memory.ts';
import { createBlockAllocator } from './block-allocator.ts';

/**
 * The decoder's core: the module of `assembly/` with a memory of its own, in which the arrays stand that both sides work on. The memory is
 * shared, though by nobody: views of a memory that is not lose it whenever it grows.
 */
export interface DecodeCore {
  readonly memory: ArrayMemory;
  readonly calls: CoreCalls;
  /** All bytes there were when somebody asked last, and the same as words. They grow: ask again after memory was handed out. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Memory that holds anything. */
  scratch(length: number): Uint8Array;
  /** Bytes of the whole memory. */
  readonly size: number;
  /** Hands module and memory on to the next core; nothing of it may be used any more. */
  close(): void;
}

/** What `assembly/index.ts` exports; see there. Places are bytes from the start of the memory. */
export interface CoreCalls {
  useFactors(ofLength: number, ofFirst: number, ofSecond: number, ofThird: number, ofLast: number): void;
  useKeys(
    starts: number,
    lengths: number,
    children: number,
    stamps: number,
    following: number,
    bytes: number,
    slots: number,
    mask: number,
    hashes: number,
    parents: number,
    heads: number,
  ): void;
  useTokens(items: number, count: number, roles: number, maxDepth: number): void;
  usePlaces(ofNode: number, heads: number, sequence: number, verdicts: number): void;
  useCuts(list: number, part: number): void;
  useTaking(found: number, plans: number, maxBytes: number): void;
  takeEvent(start: number, limit: number, shift: number, profile: number, isWhole: number): number;
  useRun(stretches: number, stamps: number, stop: number, maxLines: number): void;
  takeRun(from: number, to: number, first: number, source: number, shift: number, profile: number): number;
  takePiece(
    record: number,
    source: number,
    shift: number,
    profile: number,
    start: number,
    limit: number,
    line: number,
    events: number,
    received: number,
    stamped: number,
  ): number;
  lookUp(head: number, words: number, shifts: number, from: number, to: number, codes: number): number;
  noteNumbers(words: number, shifts: number, from: number, to: number, out: number): void;
  scanRows(
    scanner: number,
    shifts: number,
    starts: number,
    ends: number,
    coded: number,
    from: number,
    to: number,
    out: number,
  ): void;
  clear(start: number, length: number): void;
  copy(to: number, from: number, length: number): void;
}

/** What the core asks for, see `assembly/host.ts`. */
export interface CoreHost {
  learnKey(node: number, start: number, end: number): number;
  childOf(node: number, start: number, end: number): number;
  isText(start: number, end: number): number;
  answerOf(node: number, kind: number, start: number, end: number): number;
  verdictOf(length: number, profile: number): number;
  openColumn(source: number, field: number): void;
  growRows(source: number): void;
  putNested(source: number, shape: number): void;
  cutTokens(source: number, shape: number): void;
  timeOf(source: number): number;
}

/** What is used of it: TypeScript describes it with the browser's interfaces alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => { readonly buffer: SharedArrayBuffer; grow(pages: number): number };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const pageBytes = 65_536;
const firstPages = 16;
/** 2 GiB: places then have no sign. */
const maxPages = 32_768;
let compiled: object | undefined;
/** Cores that were closed: memory that is shared is no weight to the garbage collector, so that it would pile up. */
const idle: Instance[] = [];
const maxIdle = 2;

/** The module with its memory; whoever uses it is its host for the time. */
interface Instance {
  readonly wasm: InstanceType<typeof WebAssembly.Memory>;
  readonly calls: CoreCalls;
  readonly turn: { host: CoreHost };
}

/** Reserves addresses, not memory; a process that may not have many of them is told what to do. */
function reserve(): Instance['wasm'] {
  try {
    return new WebAssembly.Memory({ initial: firstPages, maximum: maxPages, shared: true });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new RangeError(
      `The decoder cannot reserve memory (${detail}). Each worker needs some 10 GB of addresses: raise the limit of virtual memory (ulimit -v) or run fewer workers.`,
    );
  }
}

function createInstance(first: CoreHost): Instance {
  compiled ??= new WebAssembly.Module(Buffer.from(coreModule, 'base64'));
  const wasm = reserve();
  const turn = { host: first };
  const host: CoreHost = {
    learnKey: (node, start, end) => turn.host.learnKey(node, start, end),
    childOf: (node, start, end) => turn.host.childOf(node, start, end),
    isText: (start, end) => turn.host.isText(start, end),
    answerOf: (node, kind, start, end) => turn.host.answerOf(node, kind, start, end),
    verdictOf: (length, profile) => turn.host.verdictOf(length, profile),
    openColumn: (source, field) => turn.host.openColumn(source, field),
    growRows: (source) => turn.host.growRows(source),
    putNested: (source, shape) => turn.host.putNested(source, shape),
    cutTokens: (source, shape) => turn.host.cutTokens(source, shape),
    timeOf: (source) => turn.host.timeOf(source),
  };
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory: wasm }, host });
  return { wasm, calls: exports as CoreCalls, turn };
}

/** Of a core that was closed every call is a mistake of ours. */
const closed = (): never => {
  throw new Error('The decoder was closed.');
};
const noHost: CoreHost = {
  learnKey: closed,
  childOf: closed,
  isText: closed,
  answerOf: closed,
  verdictOf: closed,
  openColumn: closed,
  growRows: closed,
  putNested: closed,
  cutTokens: closed,
  timeOf: closed,
};

export function createDecodeCore(host: CoreHost): DecodeCore {
  const instance = idle.pop() ?? createInstance(host);
  const { wasm, calls, turn } = instance;
  turn.host = host;
  calls.useFactors(factors.ofLength, factors.ofFirst, factors.ofSecond, factors.ofThird, factors.ofLast);
  // What the module itself keeps stands in the first page.
  const blocks = createBlockAllocator({ start: pageBytes, end: wasm.buffer.byteLength }, (end) => {
    const pages = Math.max(
      Math.ceil(end / pageBytes),
      Math.min((wasm.buffer.byteLength / pageBytes) * 1.25, maxPages),
    );
    const more = Math.ceil(pages) - wasm.buffer.byteLength / pageBytes;
    try {
      wasm.grow(more);
    } catch {
      throw new RangeError(`The decoder has no memory left: ${wasm.buffer.byteLength} bytes are in use.`);
    }
    return wasm.buffer.byteLength;
  });
  const zeroed = (bytes: number): number => {
    const start = blocks.allocate(bytes);
    calls.clear(start, bytes);
    return start;
  };
  let bytes = new Uint8Array(wasm.buffer);
  let view = new DataView(wasm.buffer);
  let isClosed = false;
  return {
    calls,
    get size() {
      return wasm.buffer.byteLength;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      turn.host = noHost;
      if (idle.length < maxIdle) idle.push(instance);
    },
    get bytes() {
      if (bytes.buffer !== wasm.buffer) bytes = new Uint8Array(wasm.buffer);
      return bytes;
    },
    get view() {
      if (view.buffer !== wasm.buffer) view = new DataView(wasm.buffer);
      return view;
    },
    scratch(length) {
      // First of all: it may give the memory another buffer.
      const start = blocks.allocate(length);
      return new Uint8Array(wasm.buffer, start, length);
    },
    memory: {
      bytes(length) {
        const start = zeroed(length);
        return new Uint8Array(wasm.buffer, start, length);
      },
      ints(length) {
        const start = zeroed(length * 4);
        return new Int32Array(wasm.buffer, start, length);
      },
      words(length) {
        const start = zeroed(length * 4);
        return new Uint32Array(wasm.buffer, start, length);
      },
      doubles(length) {
        const start = zeroed(length * 8);
        return new Float64Array(wasm.buffer, start, length);
      },
      clear(array, from, to) {
        const size = array.BYTES_PER_ELEMENT;
        if (to > from) calls.clear(array.byteOffset + from * size, (to - from) * size);
      },
      copy(from: CoreArray, to: CoreArray) {
        if (from.buffer instanceof SharedArrayBuffer)
          calls.copy(to.byteOffset, from.byteOffset, from.byteLength);
        else to.set(from);
      },
      release(array) {
        blocks.release(array.byteOffset);
      },
    },
  };
}
