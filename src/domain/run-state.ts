import type { BackendId } from './backend.ts';
import type { SteeringMode } from './control.ts';
import type { Budgets, Entry, MitigationStep, RunId } from './event.ts';
import type { Exit } from './exit.ts';
import type { RunStatus } from './run-status.ts';
import { foldForge } from './fold-forge.ts';
import { foldIteration } from './fold-iteration.ts';

export interface BoxState {
  readonly text: string;
  /** Ticked and, since then, verified by the runner. */
  readonly checked: boolean;
}
export interface Spent {
  readonly costUsd: number;
  readonly tokens: number;
  readonly runningMs: number;
}
/** Everything the faces show of a run, folded from its entries. */
export interface RunState {
  readonly id: RunId;
  readonly task: string;
  readonly title: string;
  readonly repo: string;
  readonly baseBranch: string;
  readonly baseSha: string;
  readonly branch: string;
  readonly backend: BackendId;
  readonly isolated: boolean;
  readonly agent: string;
  readonly profile: string;
  readonly steering: SteeringMode;
  readonly budgets: Budgets;
  readonly status: RunStatus;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  /** ISO time until which a `waiting` run waits. */
  readonly until: string | undefined;
  /** What it is doing right now, in one or two words. */
  readonly phase: string;
  /** The last one started, and the last one committed. */
  readonly iteration: number;
  readonly committed: number;
  readonly startSha: string | undefined;
  readonly headSha: string | undefined;
  readonly spent: Spent;
  /** Calls without an answer: they count as spent (state.md). */
  readonly reserved: Readonly<Record<string, { readonly tokens: number; readonly costUsd: number }>>;
  readonly loopScores: readonly number[];
  readonly loop: { readonly repeatedFailure: number; readonly stagnation: number; readonly thrash: number };
  /** The parts of the last scores, newest last; shorter than `loopScores`. */
  readonly loopHistory: {
    readonly repeatedFailure: readonly number[];
    readonly stagnation: readonly number[];
    readonly thrash: readonly number[];
  };
  readonly consecutiveGutter: number;
  /** Steps of the mitigation ladder taken since the run last moved. */
  readonly ladder: readonly MitigationStep[];
  readonly boxes: Readonly<Record<string, BoxState>>;
  readonly testExit: Exit | undefined;
  /** The last committed head is verified: all boxes and test_command. */
  readonly green: boolean;
  /** The task file changed after the last checks began: what they found says nothing about the task as it now is. */
  readonly specMoved: boolean;
  readonly diff: { readonly files: number; readonly added: number; readonly removed: number } | undefined;
  readonly warned: readonly string[];
  readonly pushedSha: string | undefined;
  /** Set while the branch stands where somebody else put it; `remote` is undefined where it is gone. */
  readonly moved: { readonly remote: string | undefined } | undefined;
  readonly pr: { readonly number: number; readonly url: string; readonly draft: boolean } | undefined;
  /** What the forge's checks said last. `since` is when this wait for them began; undefined after a pause. */
  readonly checks:
    | (Pick<
        Extract<Entry, { type: 'checks.seen' }>,
        'n' | 'sha' | 'state' | 'total' | 'pending' | 'failed'
      > & {
        readonly since: string | undefined;
      })
    | undefined;
  /** The pause or failure that the pull request was not told of yet. */
  readonly owed: { readonly seq: number; readonly at: string } | undefined;
  /** Files in common with other open pull requests, by their number, as they were told last. */
  readonly overlaps: Readonly<Record<number, string>>;
  readonly report: { readonly id: string; readonly summary: string; readonly applied: boolean } | undefined;
  /** Who worked on it last; the lock says whether that one still does. */
  readonly runner: { readonly pid: number; readonly mode: 'foreground' | 'supervisor' } | undefined;
  readonly lastAt: string;
  readonly lastSeq: number;
}

const noBudgets: Budgets = { maxIterations: 0, maxWallTimeMinutes: 0, maxConsecutiveGutter: 0 };

export const blankRun = (id: RunId): RunState => ({
  id,
  task: '',
  title: '',
  repo: '',
  baseBranch: '',
  baseSha: '',
  branch: '',
  backend: 'local',
  isolated: false,
  agent: 'actions',
  profile: '',
  steering: 'autonomous',
  budgets: noBudgets,
  status: 'queued',
  reason: undefined,
  detail: undefined,
  until: undefined,
  phase: '',
  iteration: 0,
  committed: 0,
  startSha: undefined,
  headSha: undefined,
  spent: { costUsd: 0, tokens: 0, runningMs: 0 },
  reserved: {},
  loopScores: [],
  loop: { repeatedFailure: 0, stagnation: 0, thrash: 0 },
  loopHistory: { repeatedFailure: [], stagnation: [], thrash: [] },
  consecutiveGutter: 0,
  ladder: [],
  boxes: {},
  testExit: undefined,
  green: false,
  specMoved: false,
  diff: undefined,
  warned: [],
  pushedSha: undefined,
  moved: undefined,
  pr: undefined,
  checks: undefined,
  owed: undefined,
  overlaps: {},
  report: undefined,
  runner: undefined,
  lastAt: '',
  lastSeq: 0,
});

const boxesOf = (
  listed: readonly { readonly id: string; readonly text: string }[],
  before: RunState['boxes'],
): RunState['boxes'] =>
  Object.fromEntries(listed.map((b) => [b.id, { text: b.text, checked: before[b.id]?.checked ?? false }]));

/** Who paused it himself needs not to be told. */
const isTold = ({ status, reason }: Extract<Entry, { type: 'run.status' }>): boolean =>
  status === 'failed' || (status === 'paused' && reason !== 'human');

const foldRun = (run: RunState, entry: Entry): RunState | undefined => {
  switch (entry.type) {
    case 'run.created':
      return {
        ...run,
        task: entry.task,
        title: entry.title,
        repo: entry.repo,
        baseBranch: entry.baseBranch,
        baseSha: entry.baseSha,
        headSha: entry.baseSha,
        branch: entry.branch,
        backend: entry.backend,
        isolated: entry.isolated,
        agent: entry.agent,
        profile: entry.profile,
        steering: entry.steering,
        budgets: entry.budgets,
        boxes: boxesOf(entry.boxes, {}),
      };
    case 'run.status':
      return {
        ...run,
        status: entry.status,
        reason: entry.reason,
        detail: entry.detail,
        until: entry.until,
        phase: '',
        owed: isTold(entry) ? { seq: entry.seq, at: entry.at } : undefined,
        ...(entry.status === 'paused' && run.checks && { checks: { ...run.checks, since: undefined } }),
      };
    case 'runner.started':
      return { ...run, runner: { pid: entry.pid, mode: entry.mode } };
    case 'run.recovered':
      return entry.how === 'rolled-back' ? { ...run, iteration: run.committed, phase: '' } : run;
    case 'spec.changed':
      return {
        ...run,
        budgets: entry.budgets,
        steering: entry.steering,
        boxes: boxesOf(entry.boxes, run.boxes),
        warned: [],
        green: false,
        specMoved: true,
      };
    default:
      return undefined;
  }
};

const foldOutput = (run: RunState, entry: Entry): RunState | undefined => {
  switch (entry.type) {
    case 'model.changed':
      return { ...run, profile: entry.profile };
    case 'budget.warning':
      return { ...run, warned: [...run.warned, entry.budget] };
    case 'diagnose.report':
      return { ...run, report: { id: entry.id, summary: entry.summary, applied: false } };
    case 'diagnose.applied':
      return run.report?.id === entry.id ? { ...run, report: { ...run.report, applied: true } } : run;
    default:
      return undefined;
  }
};

/** Pure: the next state after one entry. Entries of other runs are the caller's business. */
export const foldEntry = (run: RunState, entry: Entry): RunState => {
  const next =
    foldRun(run, entry) ??
    foldForge(run, entry) ??
    foldOutput(run, entry) ??
    foldIteration(run, entry) ??
    run;
  return {
    ...next,
    lastAt: entry.at,
    lastSeq: entry.seq,
    spent: entry.up === next.spent.runningMs ? next.spent : { ...next.spent, runningMs: entry.up },
  };
};

/** Replay: the state of one run after all its entries. */
export const foldRunEntries = (id: RunId, entries: readonly Entry[]): RunState =>
  entries.reduce(foldEntry, blankRun(id));

const outstanding = (run: RunState, of: 'tokens' | 'costUsd'): number =>
  Object.values(run.reserved).reduce((sum, r) => sum + r[of], 0);

/** What the budgets compare with: settled charges plus every reservation without an answer. */
export const committedSpend = (run: RunState): Spent => ({
  runningMs: run.spent.runningMs,
  costUsd: run.spent.costUsd + outstanding(run, 'costUsd'),
  tokens: run.spent.tokens + outstanding(run, 'tokens'),
});
