import { RalphError } from '../domain/error.ts';
import type { Entry, RunEvent } from '../domain/event.ts';
import type { IterationFacts } from '../domain/loop-score.ts';
import { foldEntry, foldRunEntries, type RunState } from '../domain/run-state.ts';
import { lintTask } from '../domain/spec/lint.ts';
import type { TaskSpec } from '../domain/spec/task.ts';
import type { Gate } from '../ports/gate.ts';
import type { ModelPort } from '../ports/model.ts';
import type { RunHome } from '../ports/run-home.ts';
import type { Sandbox, SandboxRef } from '../ports/sandbox.ts';
import type { EngineDeps } from './deps.ts';
import { readRunJson, type RunJson } from './run-json.ts';
import type { Steer } from './steer.ts';

/** The run's own copy of models.yaml: a change of the user's file does not reach a run that goes on. */
export const MODELS_FILE = 'models.yaml';

/** Holding the runner; both are no-ops when it is so already. */
export interface Turn {
  begin(): Promise<void>;
  end(): void;
}

const createTurn = (take: EngineDeps['turn']): Turn => {
  let release: (() => void) | undefined;
  return {
    begin: async () => {
      release ??= await take();
    },
    end: () => {
      release?.();
      release = undefined;
    },
  };
};

/** The newest part of the log in the state ref: its name, and the bytes of the log that it holds. */
export interface SavedLog {
  readonly part: number;
  readonly from: number;
  readonly to: number;
}

/** A run's place among those that may work at a time. Both are harmless when it is so already. */
export interface Slot {
  /** It only waits now: another may work meanwhile. */
  leave(): void;
  /** False: all are taken; ask again. Those that come back go before those that have not begun. */
  enter(): boolean;
}

/** One open run: its home (locked by us), its folded state, and what it is told to do. */
export interface RunContext {
  readonly deps: EngineDeps;
  readonly home: RunHome;
  readonly steer: Steer;
  readonly models: ModelPort;
  readonly turn: Turn;
  /** Undefined where nobody else waits for it. */
  readonly slot: Slot | undefined;
  /** Facts of the last iterations, for loop_score; newest last. */
  facts: readonly IterationFacts[];
  task: TaskSpec;
  state: RunState;
  /** Ids of controls that were taken, ever: none is taken twice. */
  readonly taken: Set<string>;
  /** Structured hints for the next prompt only (spec 13.2, guided). */
  hints: readonly string[];
  /** True while a runner works on it; false when only its controls are being settled. */
  active: boolean;
  /** Who works on it, as run.json names it. */
  owner: RunJson['owner'];
  /** The iteration after which the last periodic diagnose pass ran. */
  diagnosedAt: number;
  /** Time of the current iteration spent in model calls. */
  modelMs: number;
  /** What of the log the state ref holds; undefined until that was read off the ref. */
  savedLog: SavedLog | undefined;
  /** Where the state ref stands at the remote, as far as is known. */
  pushedStateSha: string | undefined;
  /** The commit status that was set last, or that none may be set. */
  commitStatus: string | undefined;
  /** Overlaps could not be looked for: said once. */
  overlapProblem: boolean;
  /** The pull request of the base was closed: said once. */
  baseProblem: boolean;
  /** The sandbox as run.json names it. */
  sandbox: SandboxRef | undefined;
  /** Set by `prepare`; undefined while no sandbox is attached. */
  box: Sandbox | undefined;
  /** The sandbox's way out, where it needs one. */
  gate: Gate | undefined;
  /** What commands inside need to find it; empty where they do not need it. */
  gateEnv: Readonly<Record<string, string>>;
}

/** Appends to the journal. `sync` waits for the disk: for everything that a crash must not forget. */
export const emit = (ctx: RunContext, event: RunEvent, options: { readonly sync?: boolean } = {}): Entry =>
  ctx.home.journal.append(event, options);

/** The folder of the clone in the sandbox. */
export const repoDir = (ctx: RunContext): string => `${theBox(ctx).workdir}/repo`;

export const theBox = (ctx: RunContext): Sandbox => {
  if (!ctx.box) throw new RalphError('bug', 'the sandbox is not attached yet');
  return ctx.box;
};

export const loadTask = (text: string | undefined): TaskSpec => {
  const { task, findings } = lintTask(text ?? '');
  if (task) return task;
  const first = findings.find((f) => f.level === 'error');
  throw new RalphError(
    'spec.invalid',
    first ? `line ${first.line}: ${first.message}` : 'the task file is empty',
    {
      hint: first?.fix ?? 'ralph init writes one',
    },
  );
};

/** Opens the context of a run whose home we hold. The state is replayed, then kept by each new entry. */
export const openContext = async (
  deps: EngineDeps,
  home: RunHome,
  { steer, slot }: { readonly steer: Steer; readonly slot?: Slot },
): Promise<RunContext> => {
  const replayed = home.journal.replayed;
  const cache = readRunJson(home);
  const ctx: RunContext = {
    deps,
    home,
    steer,
    slot,
    turn: createTurn(deps.turn),
    models: await deps.models(home.state.readText(MODELS_FILE)),
    facts: [],
    task: loadTask(home.readTask()),
    state: foldRunEntries(home.id, replayed),
    taken: new Set(replayed.flatMap((e) => (e.type === 'control.taken' ? [e.id] : []))),
    hints: [],
    active: false,
    owner: 'none',
    diagnosedAt: 0,
    modelMs: 0,
    savedLog: undefined,
    pushedStateSha: cache?.stateRef?.pushedSha,
    commitStatus: undefined,
    overlapProblem: false,
    baseProblem: false,
    sandbox: cache?.sandbox,
    box: undefined,
    gate: undefined,
    gateEnv: {},
  };
  home.journal.subscribe((entry) => {
    ctx.state = foldEntry(ctx.state, entry);
  });
  return ctx;
};
