import { readFileSync } from 'node:fs';
import { spawn as spawnPty } from '@lydell/node-pty';
import xterm from '@xterm/headless';

export const COLUMNS = 200;
export const ROWS = 50;
/** Ink opens each frame with it (synchronized output). */
const FRAME = '\u001B[?2026h';
const TICKS_A_SECOND = 100;

/** User and system time of a process so far, in ms. Linux only. */
export const cpuOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_A_SECOND;
};
/** Resident memory of a process in MB. Linux only. */
export const rssOf = (pid: number): number =>
  (Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024) / 1e6;

export const nap = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** The screen in a pseudo-terminal of 200×50, its output counted and, where `emulate` says so, read. */
export interface Session {
  readonly pid: number;
  readonly frames: number;
  readonly bytes: number;
  /** Arrival of the first chunk with this text, in ms since the start. */
  firstSeen(text: string): Promise<number>;
  lines(): readonly string[];
  /** Ms from the key to the chunk after which the screen holds. */
  keyToFrame(key: string, holds: () => boolean): Promise<number>;
  press(keys: string): void;
  readonly ended: Promise<void>;
  kill(): void;
}
export const openSession = (
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  options: { readonly emulate: boolean },
): Session => {
  const started = performance.now();
  const pty = spawnPty(process.execPath, [...argv], {
    name: 'xterm-256color',
    cols: COLUMNS,
    rows: ROWS,
    env: { ...env, TERM: 'xterm-256color', COLORTERM: '' },
  });
  const term = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true, scrollback: 0 });
  let frames = 0;
  let bytes = 0;
  let text = '';
  let onChunk: ((at: number) => void) | undefined;
  const seekers = new Set<() => void>();
  pty.onData((data) => {
    const at = performance.now();
    bytes += data.length;
    for (let i = data.indexOf(FRAME); i >= 0; i = data.indexOf(FRAME, i + 1)) frames += 1;
    if (seekers.size > 0) {
      text += data;
      for (const seek of seekers) seek();
    }
    if (options.emulate) term.write(data, () => onChunk?.(at));
  });
  const ended = new Promise<void>((resolve) => {
    pty.onExit(() => resolve());
  });
  return {
    pid: pty.pid,
    get frames() {
      return frames;
    },
    get bytes() {
      return bytes;
    },
    firstSeen: (wanted) =>
      new Promise((resolve) => {
        const seek = (): void => {
          if (!text.includes(wanted)) return;
          seekers.delete(seek);
          text = '';
          resolve(performance.now() - started);
        };
        seekers.add(seek);
        seek();
      }),
    lines: () =>
      Array.from({ length: ROWS }, (_, i) => term.buffer.active.getLine(i)?.translateToString(true) ?? ''),
    keyToFrame: (key, holds) =>
      new Promise((resolve) => {
        const sent = performance.now();
        onChunk = (at) => {
          if (!holds()) return;
          onChunk = undefined;
          resolve(at - sent);
        };
        pty.write(key);
      }),
    press: (keys) => pty.write(keys),
    ended,
    kill: () => pty.kill('SIGKILL'),
  };
};
