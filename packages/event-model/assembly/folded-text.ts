/** Whether a text stands at a place, in any case of its letters. `folding` says of each byte what it is compared as. */
export function isText(folding: usize, text: usize, from: usize, length: usize): bool {
  for (let index: usize = 0; index < length; index += 1)
    if (load<u8>(folding + <usize>load<u8>(from + index)) !== load<u8>(text + index)) return false;
  return true;
}
