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
  const writeOut = (): void => {
    if (size === 0) return;
    const text = gathered.join('');
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
  return {
    asJson: options.asJson,
    colour: wantsColour(options),
    isTty: stdout.isTTY === true,
    width: stdout.columns ?? widthOf(options.env),
    print: (line) => put(`${line}\n`),
    json: (value) => put(`${JSON.stringify(value)}\n`),
    error: (line) => {
      writeOut();
      stderr.write(`${line}\n`);
    },
    flush: async () => {
      writeOut();
      await Promise.all([drained(stdout), drained(stderr)]);
    },
  };
};

const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED']);

/**
 * Calls back when the reader has gone: a pipe's (`ralph logs | head`), or the terminal with its window or its
 * connection, which then says EIO. Any other error of the stream is thrown.
 */
export const onReaderGone = (streams: readonly Stream[], gone: () => void): void => {
  for (const stream of streams) {
    stream.on('error', (error) => {
      const isGone = GONE.has(error.code) || (error.code === 'EIO' && stream.isTTY === true);
      if (!isGone) throw error;
      gone();
    });
  }
};
