import type { Exit } from '../../domain/exit.ts';
import type { ExecRequest, ExecResult } from '../../ports/sandbox.ts';
import { createTail, TAIL } from './output-tail.ts';

const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
};
/** No shell says a word about these. */
const UNSAID = new Set([130, 141]);
const LAST_SIGNAL = 64;

/** What cannot be told apart counts as a signal: both are failures, and a killed process is never a code. */
const exitOf = (kind: string, status: number, tells: boolean): Exit => {
  const signal = status - 128;
  const isKnown = kind === 's' || (tells && !UNSAID.has(status));
  if (signal < 1 || signal > LAST_SIGNAL || (isKnown && kind === 'c')) return { kind: 'code', code: status };
  return { kind: 'signal', signal: signals[signal] ?? `SIG${signal}` };
};

const BASE64_LINE = /^[A-Za-z0-9+/]{1,256}={0,2}$/;
/** Lines that are decoded at once. */
const BATCH = 512;
const MOST_ERROR_LINES = 4_096;

/** Standard output as it comes: decoded, handed out, its end kept. */
const outputOf = ({ onOutput, maxOutput = Number.POSITIVE_INFINITY }: ExecRequest) => {
  const tail = createTail();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let batch: string[] = [];
  let given = 0;
  let bytes = 0;
  const emit = (text: string): void => {
    if (text === '') return;
    tail.push(text);
    if (given < maxOutput) onOutput?.({ stream: 'stdout', text });
    given += text.length;
  };
  const flush = (): void => {
    const chunk = Buffer.from(batch.join(''), 'base64');
    batch = [];
    bytes += chunk.length;
    emit(decoder.decode(chunk, { stream: true }));
  };
  return {
    push: (line: string): void => {
      batch.push(line);
      if (batch.length >= BATCH) flush();
    },
    end: (): void => {
      flush();
      emit(decoder.decode());
    },
    text: tail.text,
    bytes: () => bytes,
  };
};

const errorOf = (lines: readonly string[]): { readonly text: string; readonly bytes: number } => {
  const all = Buffer.from(lines.join(''), 'base64');
  let from = Math.max(0, all.length - TAIL);
  // The cut may lie inside a character: skip its continuation bytes.
  if (from > 0) while (((all[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return { text: all.subarray(from).toString('utf8'), bytes: all.length };
};

interface Status {
  /** `s`: the shell told of a signal. */
  readonly kind: string;
  readonly code: number;
}
type Taken = 'more' | 'done' | 'nonsense';

/** The lines of an answer: `begin`, standard output, `end` with the status, the end of standard error, `done`. */
const createReader = (id: string, onOutputLine: (line: string) => void) => {
  let stage: 'begin' | 'output' | 'errors' | 'done' = 'begin';
  let status: Status | undefined;
  const errors: string[] = [];
  const end = (line: string): Taken => {
    const [, of, kind, code] = /^end (\S+) ([cs])(\d{1,3})$/.exec(line) ?? [];
    if (of !== id || kind === undefined) return 'nonsense';
    status = { kind, code: Number(code) };
    stage = 'errors';
    return 'more';
  };
  const take = (line: string): Taken => {
    switch (stage) {
      case 'begin':
        stage = 'output';
        return line === `begin ${id}` ? 'more' : 'nonsense';
      case 'output':
        if (!BASE64_LINE.test(line)) return end(line);
        onOutputLine(line);
        return 'more';
      case 'errors':
        if (line === `done ${id}`) {
          stage = 'done';
          return 'done';
        }
        errors.push(line);
        return BASE64_LINE.test(line) && errors.length < MOST_ERROR_LINES ? 'more' : 'nonsense';
      case 'done':
        return 'nonsense';
    }
  };
  return { take, errors, status: () => status };
};

export interface Answer {
  /** `nonsense`: it is no answer to this request. */
  take(line: string): Taken;
  /** Once it is `done`. */
  result(): ExecResult;
  /** What had come when it broke off, with how the request has ended instead. */
  broken(exit: Exit, complaint: string): ExecResult;
  /** Whether the shell told of a signal. */
  readonly toldSignal: boolean;
}

/** Reads the answer to a request line by line. `tells`: the shell tells of deaths by signal. */
export const createAnswer = (id: string, request: ExecRequest, tells: boolean): Answer => {
  const started = performance.now();
  const output = outputOf(request);
  const reader = createReader(id, output.push);
  const result = (
    rest: Pick<ExecResult, 'exit' | 'stderr' | 'truncated'> & Pick<ExecResult, 'bytes'>,
  ): ExecResult => ({ ...rest, stdout: output.text(), durationMs: performance.now() - started });
  return {
    take: reader.take,
    broken: (exit, complaint) => {
      output.end();
      return result({ exit, stderr: complaint, truncated: true });
    },
    result: () => {
      output.end();
      const { kind, code } = reader.status() ?? { kind: 's', code: 137 };
      const stderr = errorOf(reader.errors);
      if (stderr.text !== '') request.onOutput?.({ stream: 'stderr', text: stderr.text });
      const isCut = stderr.bytes > TAIL;
      return result({
        exit: exitOf(kind, code, tells),
        stderr: stderr.text,
        truncated: isCut || output.bytes() > TAIL,
        ...(!isCut && { bytes: { stdout: output.bytes(), stderr: stderr.bytes } }),
      });
    },
    get toldSignal() {
      return reader.status()?.kind === 's';
    },
  };
};
