/** The lines of a stream as they come. What is left at its end is a line too, be it cut off. */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  onChunk: () => void,
): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    onChunk();
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line !== '') yield line;
    }
  }
  if (rest !== '') yield rest;
}
