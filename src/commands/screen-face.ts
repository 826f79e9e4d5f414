import type { RunId } from '../domain/event.ts';
import type { ThemeSetting } from '../domain/settings.ts';
import type { FleetFollower, FleetSink } from '../ports/fleet-follower.ts';
import type { LogPart, LogPlace } from '../ports/log-reader.ts';
import type { SupervisorReport } from '../ports/supervisor.ts';
import type { App, RunInfo, UsableProfile } from './app.ts';
import type { Command } from './define.ts';

/** What a line of the palette asks for: a command with its arguments, or what is wrong with the line. */
export type PaletteLine =
  | {
      readonly kind: 'command';
      readonly command: Command;
      /** What the line says; an argument that it lacks is asked for. */
      readonly args: Record<string, unknown>;
      readonly asJson: boolean;
      /** The line itself, without the spaces around it. */
      readonly line: string;
    }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'problem'; readonly message: string; readonly hint: string | undefined };

/** A word that could stand next on a line of the palette. */
export interface PaletteWord {
  readonly text: string;
  readonly help: string;
  /** It replaces the line from here on. */
  readonly from: number;
  /** It does not work from within the screen. */
  readonly isOff?: true;
}
/** What the palette can complete beside its own words. */
export interface PaletteKnown {
  readonly runs: readonly Pick<PaletteWord, 'text' | 'help'>[];
  readonly profiles: readonly Pick<PaletteWord, 'text' | 'help'>[];
  readonly files: readonly Pick<PaletteWord, 'text' | 'help'>[];
}

export interface SupervisorView {
  readonly running: boolean;
  readonly report: SupervisorReport | undefined;
}
/** What the screen needs beside the commands; made where everything is put together. */
export interface ScreenFace {
  readonly app: App;
  /** Those of the command line and those of the screen. */
  readonly commands: readonly Command[];
  /** Every run, oldest first; fast. */
  ids(): readonly RunId[];
  /** A run by its cache; no lock is looked at. Undefined when it is gone. */
  info(id: RunId): RunInfo | undefined;
  /** Whether some process works on the run. */
  isLocked(id: RunId): boolean;
  follow(sink: FleetSink): FleetFollower;
  /** See `LogReader.back`. */
  logBack(id: RunId, options: { readonly bytes: number; readonly before?: number }): LogPart;
  /** See `LogReader.offsetOf`. */
  logOffset(id: RunId, place: LogPlace): number | undefined;
  /** Whether one runs, and what the last one said of itself. */
  supervisor(): SupervisorView;
  /** `@current-diff` or `@sandbox` of a run: what takes a process. Never rejects: what went wrong is the text. */
  slowText(id: RunId, path: string): Promise<string | undefined>;
  readPalette(line: string): PaletteLine;
  /** Words that could stand next on such a line. */
  completePalette(line: string, known: PaletteKnown): readonly PaletteWord[];
  /** Markdown files of the repository, or of the folder, one stands in, as paths from there; task files first. */
  taskFiles(): readonly string[];
  /** Where the rights to push to a repository come from, in words. */
  authSource(repo: string | undefined): string;
  now(): number;
  /** Profiles for the picker: those that a run was made with, or the user's own. */
  profiles(run?: RunId): Promise<readonly UsableProfile[]>;
  /** Writes a new file where the user stands and returns its path; never over an existing one. Throws RalphError. */
  exportText(name: string, text: string): string;
  /** As `exportText`, part by part and beside the frames. */
  exportParts(name: string, parts: Iterable<string>): Promise<string>;
}
/** How the screen is opened. */
export interface ScreenOptions {
  /** Without the alternate screen, for serial-like terminals. */
  readonly inline: boolean;
  readonly readOnly: boolean;
  readonly filter: string;
  /** A run to open at once. */
  readonly run?: RunId;
  /** Instead of the setting. */
  readonly theme?: ThemeSetting;
}
