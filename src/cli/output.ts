import type { Output } from '../commands/define.ts';

/** What is needed of a process stream. */
export interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string, done?: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}
export interface OutputOptions {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly asJson: boolean;
  /** `--color`, `--no-color`; undefined lets the terminal decide. */
  readonly colour: boolean | undefined;
}
export interface FlushableOutput extends Output {
  /** Settles when the operating system has taken everything; process.exit would cut a large text to a pipe. */
  flush(): Promise<void>;
}

const FLUSH_AT = 64 * 1024;
const STANDARD_WIDTH = 80;
/** To the first column, and nothing behind it. */
const REMOVE_LINE = '\r\u001b[K';

const wantsColour = ({ stdout, env, asJson, colour }: OutputOptions): boolean => {
  if (asJson) return false;
  if (colour !== undefined) return colour;
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
};

/** Who captures the output of a script may say how wide it should be. */
const widthOf = ({ COLUMNS = '' }: OutputOptions['env']): number =>
  /^[1-9]\d{0,3}$/.test(COLUMNS) ? Number(COLUMNS) : STANDARD_WIDTH;

const drained = (stream: Stream): Promise<void> => new Promise((done) => stream.write('', () => done()));

/** Lines are gathered and written once a turn: a list of 1,000 runs is one write, a followed log still appears at once. */
export const createOutput = (options: OutputOptions): FlushableOutput => {
  const { stdout, stderr } = options;
  let gathered: string[] = [];
  let size = 0;
  let isScheduled = false;
  let hasLive = false;
  const removeLive = (): string => {
    const text = hasLive ? REMOVE_LINE : '';
    hasLive = false;
    return text;
  };
  const writeOut = (): void => {
    if (size === 0) return;
    const text = removeLive() + gathered.join('');
    gathered = [];
    size = 0;
    stdout.write(text);
  };
  const put = (text: string): void => {
    gathered.push(text);
    size += text.length;
    if (size >= FLUSH_AT) writeOut();
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      writeOut();
    });
  };
  const width = stdout.columns ?? widthOf(options.env);
  const live = (line: string | undefined): void => {
    writeOut();
    const text = removeLive() + (line === undefined ? '' : line.slice(0, (stdout.columns ?? width) - 1));
    hasLive = line !== undefined;
    if (text !== '') stdout.write(text);
  };
  const hasLines = stdout.isTTY === true && !options.asJson && options.env['TERM'] !== 'dumb';
  return {
    ...(hasLines && { live }),
    asJson: options.asJson,
    colour: wantsColour(options),
    isTty: stdout.isTTY === true,
    width,
    print: (line) => put(`${line}\n`),
    json: (value) => put(`${JSON.stringify(value)}\n`),
    error: (line) => {
      writeOut();
      if (hasLive) stdout.write(removeLive());
      stderr.write(`${line}\n`);
    },
    flush: async () => {
      writeOut();
      if (hasLive) stdout.write(removeLive());
      await Promise.all([drained(stdout), drained(stderr)]);
    },
  };
};

/** What a stream says when nobody reads it any more. */
const GONE: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/**
 * Calls back when the reader has gone: a pipe's (`ralph logs | head`), or the terminal with its window or its
 * connection, which then says EIO; and once when what stands behind a stream takes no more, such as a full disk.
 * Nothing is thrown: a supervisor that cannot write its log still has its runs.
 */
export const watchOutput = (
  streams: readonly Stream[],
  on: { readonly gone: () => void; readonly failed: (code: string) => void },
): void => {
  let isFailed = false;
  for (const stream of streams) {
    stream.on('error', ({ code = 'error' }) => {
      // Once a write has failed the stream is destroyed, and further ones say only that.
      if (isFailed && code === 'ERR_STREAM_DESTROYED') return;
      if (GONE.has(code) || (code === 'EIO' && stream.isTTY === true)) on.gone();
      else if (!isFailed) on.failed(code);
      isFailed = true;
    });
  }
};
