import type { BackendId } from '../domain/backend.ts';
import type { Control, Order } from '../domain/control.ts';
import type { CurrentDiff } from '../domain/current-diff.ts';
import type { Entry, RunId } from '../domain/event.ts';
import type { NetworkMode } from '../domain/network.ts';
import type { RunState } from '../domain/run-state.ts';
import type { SelftestCheck, SelftestReport } from '../domain/selftest.ts';
import type { AgentId } from '../domain/spec/task.ts';
import type { Preset } from '../domain/sandbox-choice.ts';
import type { IntakeFace } from './intake-face.ts';
import type { Finding } from '../ports/sandbox.ts';
import type { ProfileInfo } from '../ports/model.ts';
import type { SandboxReport } from '../engine/describe-sandbox.ts';
import type { RunHomes } from '../ports/run-home.ts';
import type { ScreenOptions, SupervisorView } from './screen-face.ts';
import type { ContainerBackend } from '../domain/image.ts';
import type { ContainerStore } from '../ports/container-store.ts';
import type { GateCall } from '../ports/gate.ts';
import type { Settings } from '../ports/settings.ts';
import type { SupervisorReport } from '../ports/supervisor.ts';
import type { Tokens } from '../ports/tokens.ts';

/** A run as lists show it: from the cache, with what only a look at the lock can tell. */
export interface RunInfo {
  readonly id: RunId;
  readonly dir: string;
  readonly state: RunState;
  /** Active by its log, but no process works on it: its runner died. */
  readonly orphaned: boolean;
}
/** A model profile, with what keeps a run with it from starting. */
export interface UsableProfile extends ProfileInfo {
  readonly problem?: { readonly message: string; readonly hint: string };
}
/** What a run can be made with on this machine. */
export interface RunChoices {
  readonly backends: readonly BackendChoice[];
  /** Agents that this version drives. */
  readonly agents: readonly string[];
  readonly profiles: readonly UsableProfile[];
}
export interface BackendChoice {
  readonly id: BackendId;
  readonly isolated: boolean;
  /** Why no run can start on it. */
  readonly problem?: string;
}
export interface LaunchRequest {
  readonly taskText: string;
  /** Absolute folder of the task file: `copy:` and the default repository are looked for from here. */
  readonly folder: string;
  readonly backend?: BackendId;
  readonly profile?: string;
  readonly preset?: Preset;
  readonly network?: NetworkMode;
  /** A models.yaml instead of the user's own. */
  readonly modelsFile?: string;
}
/** What happened to one control. */
export type Ack =
  /** `failed`: it was carried out, and a command that it ran did not succeed. */
  | { readonly kind: 'accepted'; readonly failed?: true; readonly detail: string | undefined }
  | { readonly kind: 'refused'; readonly detail: string }
  /** The file lies in the inbox, the runner has not answered within the wait. */
  | { readonly kind: 'waiting' };

/** Loaded only by commands that need the engine: it costs 100 ms. */
export interface EngineFace {
  /** Those that a run was made with; without a run, those of the user's models.yaml. */
  profiles(run?: RunId): Promise<readonly UsableProfile[]>;
  /** Looks at every backend: may take seconds. */
  choices(): Promise<RunChoices>;
  /** Makes a run; its home is released, its status `queued`. Throws RalphError with nothing left behind. */
  createRun(request: LaunchRequest): Promise<RunInfo>;
  /** Works on it here until it ends or pauses. Aborting pauses it safely. Throws `run.locked`. */
  runHere(
    id: RunId,
    options: { readonly onEntry?: (entry: Entry) => void; readonly signal: AbortSignal },
  ): Promise<RunState>;
  /** Makes the home of a lost run again from the state ref of its remote; it comes back paused. Throws `run.not-found`. */
  adopt(wanted: { readonly repo: string; readonly task: string }): Promise<RunInfo>;
  /** Takes the waiting controls of a run that nobody works on. */
  settle(id: RunId): Promise<RunState | 'locked'>;
  /** The supervisor's main loop; returns when it is told to stop, or is idle. */
  supervise(options: {
    readonly concurrency: number;
    readonly idleMs: number;
    readonly signal: AbortSignal;
    readonly log: (line: string) => void;
  }): Promise<void>;
  /** Destroys the sandbox of an ended run, then removes its home. Throws `run.locked`. */
  removeRun(id: RunId): Promise<void>;
  doctor(): Promise<readonly Finding[]>;
  /** Tries an agent's whole way to its model without a task. What is wrong is in the report. Throws `config`. */
  selftest(request: SelftestRequest, onCheck: (check: SelftestCheck) => void): Promise<SelftestReport>;
  /** What the forge's credential may do in a repository (OWNER/REPO or address; left out, the origin of this one). Throws `usage`. */
  checkScm(repo?: string): Promise<readonly Finding[]>;
  /** What the iteration under way has changed, else what the branch has. Takes no lock, disturbs nobody. Throws RalphError. */
  currentDiff(id: RunId): Promise<CurrentDiff>;
  readonly intake: IntakeFace;
  /** What can be said of a run's sandbox without disturbing it; undefined when the run is not there. */
  describeSandbox(id: RunId): Promise<SandboxReport | undefined>;
}
export interface SelftestRequest {
  readonly agent: AgentId;
  readonly backend: BackendId;
  readonly image?: string | undefined;
  readonly profile?: string | undefined;
  readonly offline: boolean;
  /** Ends it early; what it made is taken down all the same. */
  readonly signal: AbortSignal;
}
export interface SupervisorFace {
  /** Starts one in the background when none runs; resolves once it holds its lease. Throws when it does not come up. */
  ensure(): Promise<void>;
  enqueue(run: RunId): void;
  report(): SupervisorReport | undefined;
  readonly running: boolean;
  stop(): void;
  scale(concurrency: number): void;
  /** Where it writes its own log. */
  readonly logFile: string;
}
/** Files of the user, for `init`, `lint` and task files. Paths are relative to where one stands. */
export interface UserFiles {
  readonly cwd: string;
  /** Root of the repository one stands in. */
  readonly repoRoot: string | undefined;
  resolve(path: string): string;
  /** Undefined when it is not there. Throws `usage` for what is no regular file or larger than 1 MiB. */
  readText(path: string): string | undefined;
  /** Whole or not at all. Throws `usage` when it exists and `overwrite` is not said. */
  writeText(path: string, text: string, options?: { readonly overwrite?: boolean }): void;
  /** Standard input to its end, at most 1 MiB. */
  readStdin(): Promise<string>;
  /** One line typed at a terminal without being shown; else standard input to its end. '' where nobody answers. */
  readSecret(question: string): Promise<string>;
  /** The checked-out branch of the repository one stands in. */
  currentBranch(): Promise<string | undefined>;
  /** Where that repository came from: the address of `origin`. */
  origin(): Promise<string | undefined>;
  /** What $EDITOR, or $VISUAL before it, names; undefined when neither does. */
  readonly editor: string | undefined;
  /** Puts a text into a new file for editing, which stays until it is dropped. Throws `usage` without an editor. */
  draft(name: string, text: string): Draft;
}
/** A text that a person edits: never lost, whatever becomes of the editor. */
export interface Draft {
  /** Absolute. */
  readonly path: string;
  /** Opens the editor on it and waits for its end; false when that failed or was killed. */
  edit(): Promise<boolean>;
  /** As it was last saved. Throws `usage` for what is no regular file or larger than 1 MiB. */
  read(): string;
  write(text: string): void;
  /** Removes the file. */
  drop(): void;
}
/** Everything that a command may touch. The engine's own functions come through `engine()`, lazily. */
export interface App {
  readonly version: string;
  /** What to type for `ralph`, from where one stands: `node dist/main.js` where it is not on the PATH. */
  readonly selfName: string;
  readonly settings: Settings;
  readonly homes: RunHomes;
  readonly files: UserFiles;
  readonly supervisor: SupervisorFace;
  engine(): Promise<EngineFace>;
  /** Images and containers on disk; asks nothing of the engine yet. */
  containerStore(backend: ContainerBackend): Promise<ContainerStore>;
  /** Credentials of the agents' providers. */
  tokens(): Promise<Tokens>;
  /** Serves the credential proxy on a loopback port, or finds the one that is there. Throws `config`, `usage`. */
  proxy(request: ProxyRequest): Promise<StandaloneProxy>;
  /** Every run, oldest first; fast. */
  runs(): readonly RunInfo[];
  /** The state replayed from the log, for `show`: the truth, not the cache. */
  replay(id: RunId): RunState;
  newControl(order: Order): Control;
  /** Drops a control and waits for the entry that acknowledges it. */
  steer(id: RunId, order: Order): Promise<Ack>;
  /** The user's model profiles, there or not. Never one of a repository: whoever wrote that could have keys sent anywhere. */
  readonly modelsFile: string;
  /** A text that ships with the package. */
  prompt(name: string): string;
  /** Makes the demo's repository and remote in a new folder; returns where. */
  makeDemo(): Promise<DemoPlace>;
  /** The same for the runs of the demo's fleet, each with a repository and a script of its own. */
  makeDemoFleet(): Promise<readonly DemoPlace[]>;
  /** Both ends are a terminal, so that the screen can be opened. */
  readonly hasTerminal: boolean;
  /** Opens the screen on this terminal until it is closed; resolves with an exit code. */
  openScreen(options: ScreenOptions): Promise<number>;
  /** The fleet as the screen shows it, as lines of text of at most `width` columns. */
  fleetText(fleet: FleetView): Promise<readonly string[]>;
  sleep(ms: number): Promise<void>;
  /** Milliseconds since the epoch. */
  now(): number;
}
export interface ProxyRequest {
  readonly agent: AgentId;
  readonly port: number;
  /** A token for its provider instead of those that are found. */
  readonly token?: string;
  readonly signal: AbortSignal;
  readonly onCall: (call: GateCall) => void;
}
export interface StandaloneProxy {
  /** A healthy one was there already; this process serves nothing. */
  readonly reused: boolean;
  readonly url: string;
  /** What an agent needs in its environment; phantoms only. */
  readonly env: Readonly<Record<string, string>>;
  /** Settles when the signal was aborted and all is closed. */
  readonly ended: Promise<void>;
}
export interface FleetView {
  readonly runs: readonly RunInfo[];
  readonly supervisor: SupervisorView;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly width: number;
}
export interface DemoPlace {
  readonly dir: string;
  readonly checkout: string;
  /** A bare repository. */
  readonly remote: string;
  readonly taskText: string;
  /** Profiles of the scripted model. */
  readonly modelsFile: string;
}
