import { RalphError } from '../../domain/error.ts';

const BLOCK = 512;
const text = new TextEncoder();

export interface TarEntry {
  /** Relative, at most 100 bytes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Plain ustar: regular files only, mode 0644, owner and time left to whoever unpacks it. */
export async function* tarStream(
  entries: Iterable<TarEntry> | AsyncIterable<TarEntry>,
): AsyncGenerator<Uint8Array> {
  for await (const { name, bytes } of entries) {
    yield header(name, bytes.length);
    yield bytes;
    const rest = bytes.length % BLOCK;
    if (rest > 0) yield new Uint8Array(BLOCK - rest);
  }
  yield new Uint8Array(2 * BLOCK);
}

/** The same as one piece, for small contents. */
export const tarBytes = async (entries: Iterable<TarEntry>): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  for await (const part of tarStream(entries)) parts.push(part);
  return Buffer.concat(parts);
};

const header = (name: string, size: number): Uint8Array => {
  const block = new Uint8Array(BLOCK);
  const put = (at: number, value: string): void => block.set(text.encode(value), at);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  if (text.encode(name).length > 100) throw new RalphError('bug', `too long for a tar entry: ${name}`);
  put(0, name);
  put(100, octal(0o644, 8));
  put(108, octal(0, 8));
  put(116, octal(0, 8));
  put(124, octal(size, 12));
  put(136, octal(0, 12));
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\x0000');
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
};
