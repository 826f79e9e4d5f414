import { eventTokens } from '../../domain/gate/estimate.ts';
import type { ModelProvider } from '../../domain/gate/providers.ts';
import { limitCode, readTally, type Tally } from '../../domain/gate/usage.ts';

/** The last event of a stream may hold the whole answer again. */
const MAX_EVENT = 8 * 1024 * 1024;
const MAX_JSON = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Reads usage off an answer on its way by, in bounded memory whatever the upstream sends. */
export interface AnswerTap {
  take(chunk: Buffer): void;
  end(): void;
  readonly tally: Tally;
  /** Our own count of what came so far. */
  readonly outputTokens: number;
  /** Code of an error inside the stream that says: no more calls now. */
  readonly limited: string | undefined;
  /** The whole answer, where it was JSON and not larger than 8 MiB. */
  readonly json: unknown;
}

const parse = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
};

/** Most events are pieces of text: only those that can hold usage or an error are parsed. */
const isTelling = (line: Buffer): boolean => line.includes('sage') || line.includes('"error"');

const eventStream = (provider: ModelProvider): AnswerTap => {
  let parts: Buffer[] = [];
  let size = 0;
  let tally: Tally = {};
  let output = 0;
  let limited: string | undefined;
  const line = (bytes: Buffer): void => {
    if (!bytes.subarray(0, 5).equals(DATA)) return;
    if (!isTelling(bytes)) {
      output += eventTokens(bytes.length);
      return;
    }
    const event = parse(bytes.subarray(5));
    const told = readTally(provider, event);
    // A text about usage is a piece of text like any other.
    if (Object.keys(told).length === 0) output += eventTokens(bytes.length);
    tally = { ...tally, ...told };
    limited = limitCode(event) ?? limited;
  };
  const flush = (last: Buffer): void => {
    if (size + last.length <= MAX_EVENT) line(parts.length === 0 ? last : Buffer.concat([...parts, last]));
    else output += eventTokens(size + last.length);
    parts = [];
    size = 0;
  };
  return {
    take: (chunk) => {
      let from = 0;
      for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
        flush(chunk.subarray(from, to));
        from = to + 1;
      }
      if (from === chunk.length) return;
      size += chunk.length - from;
      if (size <= MAX_EVENT) parts.push(chunk.subarray(from));
      else parts = [];
      // A stream of single bytes must not become millions of buffers.
      if (parts.length > 1024) parts = [Buffer.concat(parts)];
    },
    end: () => flush(Buffer.alloc(0)),
    get tally() {
      return tally;
    },
    get outputTokens() {
      // What is still without its line end counts as well: a stream need not have any.
      return Math.ceil(output + size / 3);
    },
    get limited() {
      return limited;
    },
    json: undefined,
  };
};
const DATA = Buffer.from('data:');

const wholeJson = (provider: ModelProvider): AnswerTap => {
  let parts: Buffer[] = [];
  let size = 0;
  let tally: Tally = {};
  let json: unknown;
  return {
    take: (chunk) => {
      size += chunk.length;
      if (size <= MAX_JSON) parts.push(chunk);
      else parts = [];
      if (parts.length > 1024) parts = [Buffer.concat(parts)];
    },
    end: () => {
      if (size > MAX_JSON || size === 0) return;
      json = parse(Buffer.concat(parts));
      parts = [];
      tally = readTally(provider, json);
    },
    get tally() {
      return tally;
    },
    get outputTokens() {
      return Math.ceil(size / 3);
    },
    limited: undefined,
    get json() {
      return json;
    },
  };
};

/** The reader for an answer of this content type. */
export const createAnswerTap = (provider: ModelProvider, contentType: string | undefined): AnswerTap =>
  /^text\/event-stream/i.test(contentType ?? '') ? eventStream(provider) : wholeJson(provider);
