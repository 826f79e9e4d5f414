import type { Output } from '../../../ports/sandbox.ts';

const HEADER = 8;

/**
 * Takes the engine's multiplexed stream apart: a header (stream number, three zeros, length as 32 bits), then so many
 * bytes. Nothing is kept but a part of a header. Source: Docker Engine API, "Stream format".
 */
export const createDemultiplexer = (take: (stream: Output['stream'], chunk: Buffer) => void) => {
  const header = Buffer.alloc(HEADER);
  let have = 0;
  let left = 0;
  return (chunk: Buffer): void => {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const part = Math.min(HEADER - have, chunk.length - at);
        chunk.copy(header, have, at, at + part);
        at += part;
        have += part;
        if (have < HEADER) return;
        have = 0;
        left = header.readUInt32BE(4);
      } else {
        const part = Math.min(left, chunk.length - at);
        take(header[0] === 2 ? 'stderr' : 'stdout', chunk.subarray(at, at + part));
        at += part;
        left -= part;
      }
    }
  };
};
