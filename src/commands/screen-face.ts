import type { Entry, RunId } from '../domain/event.ts';
import type { FleetFollower, FleetSink } from '../ports/fleet-follower.ts';
import type { ProfileInfo } from '../ports/model.ts';
import type { SupervisorReport } from '../ports/supervisor.ts';
import type { App, RunInfo } from './app.ts';
import type { Command } from './define.ts';

/** What a line of the palette asks for: a command with its arguments, or what is wrong with the line. */
export type PaletteLine =
  | { readonly kind: 'command'; readonly command: Command; readonly args: Record<string, unknown> }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'problem'; readonly message: string; readonly hint: string | undefined };

export interface SupervisorView {
  readonly running: boolean;
  readonly report: SupervisorReport | undefined;
}
/** What the screen needs beside the commands; made where everything is put together. */
export interface ScreenFace {
  readonly app: App;
  /** Those of the command line and those of the screen. */
  readonly commands: readonly Command[];
  /** Every run by its cache, oldest first; no lock is looked at. */
  list(): readonly RunInfo[];
  /** Whether some process works on the run. */
  isLocked(id: RunId): boolean;
  follow(sink: FleetSink): FleetFollower;
  /** Entries of at most `bytes` of a log up to byte `before` (its end by default), and where the first begins. */
  logBack(
    id: RunId,
    options: { readonly bytes: number; readonly before?: number },
  ): { readonly entries: readonly Entry[]; readonly from: number };
  /** Whether one runs, and what the last one said of itself. */
  supervisor(): SupervisorView;
  /** `@current-diff` or `@sandbox` of a run: what takes a process. Never rejects: what went wrong is the text. */
  slowText(id: RunId, path: string): Promise<string | undefined>;
  readPalette(line: string): PaletteLine;
  /** Words that could stand next on such a line. */
  completePalette(line: string): readonly string[];
  now(): number;
  /** Profiles of models.yaml, for the picker. */
  profiles(): Promise<readonly ProfileInfo[]>;
  /** Writes a new file where the user stands and returns its path; never over an existing one. Throws RalphError. */
  exportText(name: string, text: string): string;
}
/** How the screen is opened. */
export interface ScreenOptions {
  /** Without the alternate screen, for serial-like terminals. */
  readonly inline: boolean;
  readonly readOnly: boolean;
  readonly filter: string;
  /** A run to open at once. */
  readonly run?: RunId;
}
