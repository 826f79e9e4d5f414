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
const TELLING = /usage|error"/;

/**
 * Bytes as characters of one byte each, which costs a copy and no decoding: the search of strings and regular
 * expressions is five times faster than a loop over the bytes, and than that of a Buffer.
 */
const asText = (bytes: Buffer): string => bytes.toString('latin1');

const countEvents = (text: string): number => {
  let events = 0;
  for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n', at + 2)) events += 1;
  return events;
};

const textTokens = (text: string): number => {
  const events = countEvents(text);
  return events * eventTokens(text.length / Math.max(1, events));
};

const eventStream = (provider: ModelProvider): AnswerTap => {
  let parts: Buffer[] = [];
  let tally: Tally = {};
  let [size, output] = [0, 0];
  let limited: string | undefined;
  const line = (bytes: Buffer): void => {
    if (!bytes.subarray(0, 5).equals(DATA)) return;
    if (!TELLING.test(asText(bytes))) {
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
  /** Line by line only where one of them can tell something: an answer has ten thousand of them. */
  const wholeLines = (lines: Buffer): void => {
    const text = asText(lines);
    if (!TELLING.test(text)) return void (output += textTokens(text));
    for (let from = 0, to = lines.indexOf(NEWLINE); to >= 0; to = lines.indexOf(NEWLINE, from)) {
      line(lines.subarray(from, to));
      from = to + 1;
    }
  };
  return {
    take: (chunk) => {
      const first = chunk.indexOf(NEWLINE);
      const last = first < 0 ? -1 : chunk.lastIndexOf(NEWLINE);
      if (first >= 0) flush(chunk.subarray(0, first));
      if (last > first) wholeLines(chunk.subarray(first + 1, last + 1));
      const from = last + 1;
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
