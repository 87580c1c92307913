/** Copies of chunks that start at offset 0 of one reused buffer and hold whole elements. */
export async function* wholeElements(
  chunks: AsyncIterable<Uint8Array>,
  elementBytes: number,
): AsyncGenerator<Uint8Array> {
  let buffer = new Uint8Array(0);
  let rest = 0;
  for await (const chunk of chunks) {
    const length = rest + chunk.length;
    if (buffer.length < length) {
      const larger = new Uint8Array(length);
      larger.set(buffer.subarray(0, rest));
      buffer = larger;
    }
    buffer.set(chunk, rest);
    rest = length % elementBytes;
    if (length > rest) yield buffer.subarray(0, length - rest);
    buffer.copyWithin(0, length - rest, length);
  }
}
