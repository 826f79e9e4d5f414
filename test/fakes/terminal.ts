import { spawn, type IPty } from '@lydell/node-pty';
import xterm, { type IBufferCell } from '@xterm/headless';
import stringWidth from 'string-width';

// As the emulator packs it: what joins the character before has its width.
const packed = (width: number, joins: boolean): number => (width << 1) | (joins ? 1 : 0);
const widthIn = (properties: number): number => (properties >> 1) & 3;
/** Widths as terminals of today have them, each character for itself; the emulator's own know no emoji. */
const modern: xterm.IUnicodeVersionProvider = {
  version: 'modern',
  wcwidth: (code) => stringWidth(String.fromCodePoint(code)) as 0 | 1 | 2,
  charProperties: (code, preceding) => {
    const width = stringWidth(String.fromCodePoint(code));
    const joins = width === 0 && widthIn(preceding) > 0;
    return packed(joins ? widthIn(preceding) : width, joins);
  },
};

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
/** What a program may leave switched on. */
export interface TerminalModes {
  readonly alternate: boolean;
  readonly mouse: boolean;
  readonly paste: boolean;
  readonly cursorShown: boolean;
}
export interface Cell {
  readonly text: string;
  /** Columns; what is 0 wide belongs to the cell before it. */
  readonly width: number;
  /** Index of the 256 colours; undefined for the terminal's own. */
  readonly colour: number | undefined;
  readonly background: number | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
}
export interface RealTerminal {
  readonly pid: number;
  /** The lines of the screen, without the spaces at their ends. */
  screen(): readonly string[];
  /** The column of the emulator in which a text begins on a line of the screen; -1 when it is not there. */
  columnOf(row: number, text: string): number;
  /** The same with how each cell looks. */
  cells(): readonly (readonly Cell[])[];
  /** True while the alternate screen is shown. */
  readonly isAlternate: boolean;
  readonly modes: TerminalModes;
  /** Everything the program has written. */
  readonly raw: string;
  readonly effects: SideEffects;
  press(keys: string): void;
  resize(columns: number, rows: number): void;
  kill(signal: string): void;
  /** Takes the terminal away, as when its window is closed. */
  hangUp(): void;
  /** Resolves with the screen once it holds; fails after `timeoutMs` (20 s by default) with the screen in its message. */
  until(
    holds: (lines: readonly string[]) => boolean,
    what: string,
    timeoutMs?: number,
  ): Promise<readonly string[]>;
  /** Resolves when the program is gone and the emulator has taken in all that it wrote. */
  readonly ended: Promise<{ readonly code: number; readonly signal: number | undefined }>;
}
export interface TerminalOptions {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * The library gives up reading 200 ms after the end of the program: a test that was busy for so long would miss the
 * program's last words. The read that is waiting comes first, then the end.
 */
const readToTheEnd = (pty: IPty): void => {
  const { _socket: socket } = pty as unknown as { readonly _socket: { destroy(): void } };
  const destroy = socket.destroy.bind(socket);
  socket.destroy = () => void setTimeout(destroy, 50);
};

const cellAt = (cell: IBufferCell | undefined): Cell => {
  if (cell === undefined)
    return {
      text: ' ',
      width: 1,
      colour: undefined,
      background: undefined,
      bold: false,
      dim: false,
      inverse: false,
    };
  return {
    text: cell.getChars() || ' ',
    width: cell.getWidth(),
    colour: cell.isFgPalette() ? cell.getFgColor() : undefined,
    background: cell.isBgPalette() ? cell.getBgColor() : undefined,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    inverse: cell.isInverse() !== 0,
  };
};

/** A program in a real pseudo-terminal, its output read by a terminal emulator. */
export const openTerminal = (options: TerminalOptions): RealTerminal => {
  const { columns = 120, rows = 30 } = options;
  const [file, ...args] = options.argv;
  const pty = spawn(file, args, {
    name: options.env['TERM'] ?? 'xterm-256color',
    cols: columns,
    rows,
    cwd: options.cwd,
    env: { TERM: 'xterm-256color', ...options.env },
  });
  readToTheEnd(pty);
  const term = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
  term.unicode.register(modern);
  term.unicode.activeVersion = modern.version;
  const titles: string[] = [];
  const clipboard: string[] = [];
  const replies: string[] = [];
  const notifications: string[] = [];
  let bells = 0;
  let raw = '';
  const waiting = new Set<() => void>();
  let isWhole = true;
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
    // Between begin and end of a synchronized update a terminal shows the frame before.
    isWhole = raw.lastIndexOf('\u001B[?2026l') >= raw.lastIndexOf('\u001B[?2026h');
    term.write(data, () => {
      if (isWhole) for (const check of waiting) check();
    });
  });
  const ended = new Promise<{ code: number; signal: number | undefined }>((resolve) => {
    pty.onExit(({ exitCode, signal }) => term.write('', () => resolve({ code: exitCode, signal })));
  });
  const screen = (): readonly string[] => {
    const { active } = term.buffer;
    return Array.from(
      { length: term.rows },
      (_, i) => active.getLine(active.baseY + i)?.translateToString(true) ?? '',
    );
  };
  const columnOf = (row: number, text: string): number => {
    const { active } = term.buffer;
    const line = active.getLine(active.baseY + row);
    return Array.from({ length: term.cols }, (_, i) => i).findLastIndex((column) =>
      line?.translateToString(true, column).startsWith(text),
    );
  };
  const cells = (): readonly (readonly Cell[])[] => {
    const { active } = term.buffer;
    return Array.from({ length: term.rows }, (_, y) => {
      const line = active.getLine(active.baseY + y);
      return Array.from({ length: term.cols }, (__, x) => cellAt(line?.getCell(x)));
    });
  };
  return {
    pid: pty.pid,
    screen,
    cells,
    columnOf,
    get isAlternate() {
      return term.buffer.active.type === 'alternate';
    },
    get modes() {
      return {
        alternate: term.buffer.active.type === 'alternate',
        mouse: term.modes.mouseTrackingMode !== 'none',
        paste: term.modes.bracketedPasteMode,
        cursorShown: raw.lastIndexOf('\u001B[?25l') <= raw.lastIndexOf('\u001B[?25h'),
      };
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
    hangUp: () => (pty as unknown as { destroy(): void }).destroy(),
    until: (holds, what, timeoutMs = 90_000) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          waiting.delete(check);
          clearTimeout(timer);
        };
        const check = (): void => {
          const lines = screen();
          if (!isWhole || !holds(lines)) return;
          stop();
          resolve(lines);
        };
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`the screen never showed ${what}:\n${screen().join('\n')}`));
        }, timeoutMs);
        waiting.add(check);
        // What has come is not on the emulator's screen before it was taken in.
        term.write('', check);
      }),
    ended,
  };
};
