let viewed: Uint8Array = new Uint8Array(0);
let view = new DataView(viewed.buffer);

/**
 * Bytes as words. The view made last is kept for all who ask: the events of a batch lie in few buffers, a view costs as much as a
 * short event, and no more than one buffer is held on to.
 */
export function wordsOf(bytes: Uint8Array): DataView {
  if (bytes !== viewed) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    viewed = bytes;
  }
  return view;
}
