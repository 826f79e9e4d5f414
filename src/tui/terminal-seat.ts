import { createHandOver, type HandOver } from './hand-over.ts';
import { showOnTerminal, type InkHost } from './ink-host.tsx';
import type { MouseEvent } from './mouse.ts';
import { MOUSE_OFF, MOUSE_ON } from './mouse.ts';
import { typedInput } from './mouse-input.ts';
import { holdSignals } from './terminal-life.ts';
import type { Size } from './pane.ts';
import type { ScreenSource } from './screen-source.ts';

const FALLBACK: Size = { width: 80, height: 24 };

/** Inline, the last row stays free: a frame that fills the terminal would scroll with its own last newline. */
export const terminalSize = ({ columns, rows }: NodeJS.WriteStream, inline: boolean): Size => ({
  width: columns || FALLBACK.width,
  height: Math.max(1, (rows || FALLBACK.height) - (inline ? 1 : 0)),
});

/** A place at this terminal: who draws on it, and how it is given away for a while. */
export interface TerminalSeat {
  readonly source: ScreenSource;
  readonly handOver: HandOver;
  /** Undefined until it is shown. */
  readonly host: InkHost | undefined;
  /** Draws what the source has; the same host each time. */
  show(): InkHost;
  /** Who hears the mouse from now on. */
  hearMouse(heard: (event: MouseEvent) => void): void;
  size(): Size;
  /** Signals are heeded from now on; those that came before are sent again. */
  ready(): void;
  /** Nothing while another program has the terminal. */
  write(text: string): void;
  stop(): void;
}

export const takeSeat = (
  source: ScreenSource,
  options: { readonly inline: boolean; readonly incremental: boolean },
): TerminalSeat => {
  const { stdin, stdout } = process;
  const handOver = createHandOver({
    write: (text) => stdout.write(text),
    isMouseOn: () => source.frame().ui.mouse,
    mouseOn: MOUSE_ON,
    mouseOff: MOUSE_OFF,
  });
  let heard: (event: MouseEvent) => void = () => {};
  const input = typedInput(stdin, (event) => heard(event));
  let host: InkHost | undefined;
  const release = holdSignals();
  return {
    ready: release,
    source,
    handOver,
    get host() {
      return host;
    },
    show: () => (host ??= showOnTerminal({ source, input, handOver, ...options })),
    hearMouse: (by) => {
      heard = by;
    },
    size: () => terminalSize(stdout, options.inline),
    write: (text) => {
      if (!handOver.isAway) stdout.write(text);
    },
    stop: () => {
      if (source.frame().ui.mouse) stdout.write(MOUSE_OFF);
      input.stop();
    },
  };
};
