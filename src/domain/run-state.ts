import type { BackendId } from './backend.ts';
import type { SteeringMode } from './control.ts';
import type { Budgets, ClassicFacts, Entry, MitigationStep, RunId } from './event.ts';
import type { Exit } from './exit.ts';
import type { RunStatus } from './run-status.ts';
import type { SandboxChoice } from './sandbox-choice.ts';
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
  /** The run whose branch the base is. */
  readonly stackedOn: RunId | undefined;
  readonly branch: string;
  readonly backend: BackendId;
  readonly isolated: boolean;
  /** How its sandboxes are made, beside what the task file says; undefined where there is no isolation. */
  readonly sandbox: SandboxChoice | undefined;
  /** The image of the last sandbox that was made. */
  readonly image: string | undefined;
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
  /** Of a task that ends by the agent's promise; `ended` has the iterations that ended its phases, in their order. */
  readonly classic: (ClassicFacts & { readonly ended: readonly number[] }) | undefined;
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
  /** The issue that it is about, and what this run has done to it. */
  readonly issue: string | undefined;
  readonly issueComment: { readonly marker: string; readonly comment: string | undefined } | undefined;
  readonly issueMarked: readonly string[];
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
  stackedOn: undefined,
  branch: '',
  backend: 'local',
  isolated: false,
  sandbox: undefined,
  image: undefined,
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
  classic: undefined,
  testExit: undefined,
  green: false,
  specMoved: false,
  diff: undefined,
  warned: [],
  pushedSha: undefined,
  moved: undefined,
  pr: undefined,
  issue: undefined,
  issueComment: undefined,
  issueMarked: [],
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

/** What ended stays so; but there is always a phase to work on after the task has changed. */
const classicOf = (facts: ClassicFacts | undefined, ended: readonly number[]): RunState['classic'] =>
  facts && { ...facts, ended: ended.slice(0, facts.phases.length - 1) };

/** The iteration is undone, and with it the end of its phase. */
const withoutEnd = ({ classic }: RunState, n: number | undefined): RunState['classic'] =>
  classic && { ...classic, ended: classic.ended.filter((one) => one !== n) };

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
        stackedOn: entry.stackedOn,
        headSha: entry.baseSha,
        branch: entry.branch,
        backend: entry.backend,
        isolated: entry.isolated,
        sandbox: entry.sandbox,
        agent: entry.agent,
        profile: entry.profile,
        steering: entry.steering,
        budgets: entry.budgets,
        boxes: boxesOf(entry.boxes, {}),
        classic: classicOf(entry.classic, []),
        issue: entry.issue,
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
      return entry.how === 'rolled-back'
        ? { ...run, iteration: run.committed, phase: '', classic: withoutEnd(run, entry.n) }
        : run;
    case 'spec.changed':
      return {
        ...run,
        budgets: entry.budgets,
        steering: entry.steering,
        boxes: boxesOf(entry.boxes, run.boxes),
        classic: classicOf(entry.classic, run.classic?.ended ?? []),
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
    case 'sandbox.ready':
      return entry.image === undefined ? undefined : { ...run, image: entry.image };
    case 'issue.comment':
      return { ...run, issueComment: { marker: entry.marker, comment: entry.comment } };
    case 'issue.marked':
      return { ...run, issueMarked: entry.boxes };
    case 'run.reopened':
      return { ...run, green: false, consecutiveGutter: 0, ladder: [] };
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
