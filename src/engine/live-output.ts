import { createHeadTail, cutMarker, type HeadTail } from '../domain/head-tail.ts';
import { createRedactor, MAX_HELD, type Redactor } from '../domain/redact.ts';
import { createSanitizer, sanitize } from '../domain/terminal.ts';
import { emit, type RunContext } from './run-context.ts';

/** What one stream of one command may put into the log, and into test_output.txt: its ends, never all. */
const LIVE_CHARS = 128 * 1024;
const HEAD = 32 * 1024;
const TAIL = 96 * 1024;
const FLUSH_CHARS = 16 * 1024;
const FLUSH_MS = 100;
/** UTF-16 units of a stream that the sandbox hands over; neither the log nor the head would take more. */
export const MAX_OUTPUT = LIVE_CHARS;

export interface LiveOutput {
  push(raw: string): void;
  /** The bounded text of it all, redacted; `rest` is the tail of a stream of which not all was pushed. */
  end(rest?: { readonly tail: string; readonly bytes: number }): string;
}

/**
 * Redaction of everything would cost 40 s a gigabyte, so only what is kept goes through it. A secret that lies across
 * the cut could survive in part: as much as the longest one is kept more at both ends, redacted, and dropped.
 */
const redactKept = (
  kept: HeadTail,
  redactor: Redactor,
  rest: { readonly tail: string; readonly bytes: number } | undefined,
): string => {
  const { head, tail, cut } = kept.parts();
  if (rest) {
    const start = redactor.text(head).slice(0, HEAD);
    const end = redactor.text(sanitize(rest.tail)).slice(MAX_HELD);
    return start + cutMarker(start, Math.max(0, rest.bytes - start.length - end.length)) + end;
  }
  if (cut === 0) return redactor.text(head);
  const start = redactor.text(head).slice(0, HEAD);
  return start + cutMarker(start, cut + 2 * MAX_HELD) + redactor.text(tail).slice(-TAIL);
};

/** Entries of live output: coalesced, redacted across chunk borders, capped. */
const createFeed = (ctx: RunContext, publish: (text: string) => void) => {
  const { clock, secrets } = ctx.deps.host;
  const redact = createRedactor(secrets).stream();
  let waiting = '';
  let taken = 0;
  let timed = false;
  const flush = (): void => {
    if (waiting !== '') publish(waiting);
    waiting = '';
  };
  const flushSoon = (): void => {
    if (timed) return;
    timed = true;
    void clock.sleep(FLUSH_MS).then(() => {
      timed = false;
      flush();
    });
  };
  return {
    push: (text: string): void => {
      if (taken >= LIVE_CHARS) return;
      const part = text.slice(0, LIVE_CHARS - taken);
      taken += part.length;
      waiting += redact.push(part);
      if (taken >= LIVE_CHARS) waiting += `${redact.end()}\n[more is only in test_output.txt]\n`;
      if (waiting.length >= FLUSH_CHARS) flush();
      else flushSoon();
    },
    end: (): void => {
      if (taken < LIVE_CHARS) waiting += redact.end();
      flush();
    },
  };
};

/** One output stream of a command, on its way into the log and into test_output.txt. */
export const liveOutput = (ctx: RunContext, key: string, stream: 'stdout' | 'stderr'): LiveOutput => {
  const clean = createSanitizer();
  const kept = createHeadTail(HEAD + MAX_HELD, TAIL + MAX_HELD);
  let pushed = 0;
  const feed = createFeed(ctx, (text) => emit(ctx, { type: 'command.output', key, stream, text }));
  const take = (text: string): void => {
    if (text === '') return;
    kept.push(text);
    feed.push(text);
  };
  return {
    push: (raw) => {
      pushed += raw.length;
      take(clean.push(raw));
    },
    end: (rest) => {
      take(clean.end());
      feed.end();
      // A stream that was handed over whole has no rest.
      const cut = rest && pushed >= MAX_OUTPUT && rest.bytes > pushed ? rest : undefined;
      return redactKept(kept, createRedactor(ctx.deps.host.secrets), cut);
    },
  };
};
