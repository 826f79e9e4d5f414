import { StringDecoder } from 'node:string_decoder';
import type { ExecRequest, ExecResult, Output } from '../ports/sandbox.ts';

const TAIL = 64 * 1024;

type Stream = Output['stream'];

/** Bounded tails, counts and what `onOutput` is given, of bytes as they come; `finish` takes a last complaint. */
export const collectOutput = (request: Pick<ExecRequest, 'onOutput' | 'maxOutput'>) => {
  const tails = { stdout: boundedTail(), stderr: boundedTail() };
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  const bytes = { stdout: 0, stderr: 0 };
  const given = { stdout: 0, stderr: 0 };
  // Turning gigabytes that nobody will see into strings would be most of the work, and of the memory.
  const wanted = (stream: Stream): boolean =>
    request.onOutput !== undefined && given[stream] < (request.maxOutput ?? Number.POSITIVE_INFINITY);
  const emit = (stream: Stream, text: string): void => {
    given[stream] += text.length;
    if (text !== '') request.onOutput?.({ stream, text });
  };
  return {
    take: (stream: Stream, chunk: Buffer): void => {
      tails[stream].push(chunk);
      bytes[stream] += chunk.length;
      if (wanted(stream)) emit(stream, decoders[stream].write(chunk));
    },
    finish: (complaint?: string): Omit<ExecResult, 'exit' | 'durationMs'> => {
      for (const stream of ['stdout', 'stderr'] as const)
        if (wanted(stream)) emit(stream, decoders[stream].end());
      if (complaint !== undefined) {
        tails.stderr.push(Buffer.from(complaint));
        emit('stderr', complaint);
      }
      return {
        stdout: tails.stdout.text(),
        stderr: tails.stderr.text(),
        truncated: tails.stdout.cut() || tails.stderr.cut(),
        bytes,
      };
    },
  };
};

/** The last 64 KiB of what was pushed, never beginning inside a character. */
export const boundedTail = () => {
  let parts: Buffer[] = [];
  let held = 0;
  let seen = 0;
  const compact = (): Buffer => {
    const whole = Buffer.concat(parts);
    const last = whole.subarray(Math.max(0, whole.length - TAIL));
    // A copy: a small view would keep the large buffer alive.
    parts = [Buffer.from(last)];
    held = last.length;
    return parts[0]!;
  };
  return {
    push: (chunk: Buffer): void => {
      seen += chunk.length;
      parts.push(chunk);
      held += chunk.length;
      // Let go of at once: what waits for a later round grows old, and only a full collection frees it then.
      while (held - parts[0]!.length >= TAIL) held -= parts.shift()!.length;
      if (parts.length >= 64) compact();
    },
    cut: () => seen > TAIL,
    text: () => {
      const bytes = compact();
      let from = 0;
      // The cut may lie inside a character: skip its continuation bytes.
      if (seen > TAIL) while (from < 3 && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
      return bytes.subarray(from).toString('utf8');
    },
  };
};
