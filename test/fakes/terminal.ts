import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

/** What a program did to its terminal besides drawing. */
export interface SideEffects {
  readonly titles: readonly string[];
  /** What went to the clipboard (OSC 52), decoded. */
  readonly clipboard: readonly string[];
  /** What the terminal answered on the program's standard input. */
  readonly replies: readonly string[];
  readonly bells: number;
  /** Desktop notifications (OSC 9 and OSC 777), as they came. */
  readonly notifications: readonly string[];
}
export interface RealTerminal {
  readonly pid: number;
  /** The lines of the screen, without the spaces at their ends. */
  screen(): readonly string[];
  /** True while the alternate screen is shown. */
  readonly isAlternate: boolean;
  /** Everything the program has written. */
  readonly raw: string;
  readonly effects: SideEffects;
  press(keys: string): void;
  resize(columns: number, rows: number): void;
  kill(signal: string): void;
  /** Resolves with the screen once it holds; fails after `timeoutMs` (20 s by default) with the screen in its message. */
  until(
    holds: (lines: readonly string[]) => boolean,
    what: string,
    timeoutMs?: number,
  ): Promise<readonly string[]>;
  readonly ended: Promise<{ readonly code: number; readonly signal: number | undefined }>;
}
export interface TerminalOptions {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly columns?: number;
  readonly rows?: number;
}

/** A program in a real pseudo-terminal, its output read by a terminal emulator. */
export const openTerminal = (options: TerminalOptions): RealTerminal => {
  const { columns = 120, rows = 30 } = options;
  const [file, ...args] = options.argv;
  const pty = spawn(file, args, {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: options.cwd,
    env: { ...options.env, TERM: 'xterm-256color' },
  });
  const term = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
  const titles: string[] = [];
  const clipboard: string[] = [];
  const replies: string[] = [];
  const notifications: string[] = [];
  let bells = 0;
  let raw = '';
  const waiting = new Set<() => void>();
  term.onTitleChange((title) => titles.push(title));
  term.onBell(() => (bells += 1));
  term.parser.registerOscHandler(52, (data) => {
    clipboard.push(Buffer.from(data.split(';')[1] ?? '', 'base64').toString());
    return true;
  });
  for (const id of [9, 777])
    term.parser.registerOscHandler(id, (data) => {
      notifications.push(data);
      return true;
    });
  term.onData((data) => {
    replies.push(data);
    pty.write(data);
  });
  pty.onData((data) => {
    raw += data;
    term.write(data, () => {
      for (const check of waiting) check();
    });
  });
  const ended = new Promise<{ code: number; signal: number | undefined }>((resolve) => {
    pty.onExit(({ exitCode, signal }) => resolve({ code: exitCode, signal }));
  });
  const screen = (): readonly string[] => {
    const { active } = term.buffer;
    return Array.from(
      { length: term.rows },
      (_, i) => active.getLine(active.baseY + i)?.translateToString(true) ?? '',
    );
  };
  return {
    pid: pty.pid,
    screen,
    get isAlternate() {
      return term.buffer.active.type === 'alternate';
    },
    get raw() {
      return raw;
    },
    get effects() {
      return { titles, clipboard, replies, bells, notifications };
    },
    press: (keys) => pty.write(keys),
    resize: (toColumns, toRows) => {
      pty.resize(toColumns, toRows);
      term.resize(toColumns, toRows);
    },
    kill: (signal) => pty.kill(signal),
    until: (holds, what, timeoutMs = 20_000) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          waiting.delete(check);
          clearTimeout(timer);
        };
        const check = (): void => {
          const lines = screen();
          if (!holds(lines)) return;
          stop();
          resolve(lines);
        };
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`the screen never showed ${what}:\n${screen().join('\n')}`));
        }, timeoutMs);
        waiting.add(check);
        check();
      }),
    ended,
  };
};
