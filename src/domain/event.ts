import type { BackendId } from './backend.ts';
import type { OrderKind, SteeringMode } from './control.ts';
import type { Exit } from './exit.ts';
import type { ForgeEvent } from './forge-event.ts';
import type { RunStatus } from './run-status.ts';
import type { SandboxChoice } from './sandbox-choice.ts';

export type RunId = string;

/** Hard stops of a run (spec 11). Undefined means no such limit. */
export interface Budgets {
  readonly maxIterations: number;
  readonly maxWallTimeMinutes: number;
  readonly maxCostUsd?: number;
  readonly maxTokensTotal?: number;
  readonly maxConsecutiveGutter: number;
}
/** Tokens of one model call. `estimated` marks our own count, where the provider gave none. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens?: number;
  readonly estimated?: true;
}
export type MitigationStep = 'rotate' | 'fallback-model' | 'diagnose' | 'pause';
export type CommandPurpose = 'action' | 'test' | 'verify' | 'setup' | 'debug';
export type CallPurpose = 'iteration' | 'repair' | 'diagnose';

/** What a session of a command-line agent shows of itself (read off its machine-readable output). */
export type AgentEvent =
  | { readonly type: 'agent.said'; readonly n: number; readonly text: string }
  | { readonly type: 'agent.tool'; readonly n: number; readonly tool: string; readonly label: string }
  | {
      readonly type: 'agent.ended';
      readonly n: number;
      readonly agent: string;
      readonly exit: Exit;
      readonly ms: number;
      /** As the agent says; the gate's own count is what budgets are charged with. */
      readonly turns?: number;
      readonly costUsd?: number;
    };

/** What a task says that ends by the agent's promise. */
export interface ClassicFacts {
  /** Names of its phases, at least one; empty where the task gives none. */
  readonly phases: readonly string[];
  /** False where nothing but the agent's word stands behind a success. */
  readonly checked: boolean;
}

type RunEvents =
  | {
      readonly type: 'run.created';
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
      readonly boxes: readonly { readonly id: string; readonly text: string }[];
      /** Undefined where there is no isolation. */
      readonly sandbox?: SandboxChoice;
      readonly classic?: ClassicFacts;
      /** The issue that it is about, as the task file names it. */
      readonly issue?: string;
      /** The run whose branch the base is. */
      readonly stackedOn?: RunId;
    }
  | {
      readonly type: 'run.status';
      readonly status: RunStatus;
      readonly reason?: string;
      readonly detail?: string;
      readonly until?: string;
    }
  | {
      readonly type: 'run.recovered';
      readonly how: 'rolled-forward' | 'rolled-back' | 'adopted' | 'log-repaired';
      readonly n?: number;
      readonly detail: string;
    }
  | {
      readonly type: 'runner.started';
      readonly pid: number;
      readonly mode: 'foreground' | 'supervisor';
      readonly version: string;
    }
  | {
      readonly type: 'spec.changed';
      readonly budgets: Budgets;
      readonly steering: SteeringMode;
      readonly boxes: readonly { readonly id: string; readonly text: string }[];
      readonly classic?: ClassicFacts;
      readonly by: string;
    }
  | {
      readonly type: 'sandbox.ready';
      readonly id: string;
      readonly how: 'created' | 'attached' | 'recreated';
      /** Where it was made from one just now. */
      readonly image?: string;
    }
  | { readonly type: 'sandbox.lost'; readonly detail: string }
  | {
      readonly type: 'control.taken';
      readonly id: string;
      readonly order: OrderKind;
      readonly by: string;
      readonly outcome: 'accepted' | 'refused';
      /** It was carried out, and a command that it ran did not succeed. */
      readonly failed?: true;
      readonly detail?: string;
    }
  | {
      readonly type: 'gate.called';
      readonly method: string;
      readonly host: string;
      readonly path: string;
      readonly status: number;
      readonly ms: number;
      readonly refused?: string;
    }
  | { readonly type: 'warning'; readonly about: string; readonly text: string }
  /** Entered before the comment is made: `marker` finds it again. `comment` is its id once it is there. */
  | { readonly type: 'issue.comment'; readonly marker: string; readonly comment?: string }
  /** Ids of the boxes that the issue shows as done because of this run. */
  | { readonly type: 'issue.marked'; readonly boxes: readonly string[] }
  /** A run that had succeeded goes on; it is paused until it is resumed. */
  | { readonly type: 'run.reopened'; readonly by: string; readonly detail: string };

type IterationEvents =
  | {
      readonly type: 'iteration.started';
      readonly n: number;
      readonly startSha: string;
      readonly profile: string;
    }
  | { readonly type: 'prompt.built'; readonly n: number; readonly bytes: number }
  | {
      readonly type: 'model.requested';
      readonly call: string;
      readonly purpose: CallPurpose;
      readonly profile: string;
      readonly model: string;
      readonly reservedTokens: number;
      readonly reservedUsd: number;
    }
  | {
      readonly type: 'model.answered';
      readonly call: string;
      readonly ms: number;
      readonly usage: Usage;
      readonly costUsd: number;
      readonly finish: string;
    }
  | {
      readonly type: 'model.failed';
      readonly call: string;
      readonly ms: number;
      readonly failure: string;
      readonly detail: string;
      readonly usage: Usage;
      readonly costUsd: number;
      readonly retryInMs?: number;
    }
  | {
      readonly type: 'answer.taken';
      readonly n: number;
      readonly summary: string;
      readonly actions: number;
      readonly repaired: 'no' | 'json' | 'call';
    }
  | { readonly type: 'answer.invalid'; readonly n: number; readonly problem: string }
  | {
      readonly type: 'action.started';
      readonly n: number;
      readonly i: number;
      readonly action: string;
      readonly label: string;
    }
  | {
      readonly type: 'action.ended';
      readonly n: number;
      readonly i: number;
      readonly outcome: 'ok' | 'failed' | 'refused';
      readonly detail: string;
      readonly ms: number;
    }
  | {
      readonly type: 'command.started';
      readonly command: string;
      readonly purpose: CommandPurpose;
      readonly key: string;
    }
  | {
      readonly type: 'command.output';
      readonly key: string;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  | {
      readonly type: 'command.ended';
      readonly key: string;
      readonly exit: Exit;
      readonly ms: number;
      readonly bytes: number;
    }
  | { readonly type: 'box.changed'; readonly box: string; readonly checked: boolean; readonly reason: string }
  | { readonly type: 'state.restored'; readonly path: string; readonly reason: string }
  | {
      readonly type: 'diff';
      readonly n: number;
      readonly files: number;
      readonly added: number;
      readonly removed: number;
    }
  | {
      readonly type: 'loop.scored';
      readonly n: number;
      readonly score: number;
      readonly repeatedFailure: number;
      readonly stagnation: number;
      readonly thrash: number;
      readonly evidence: readonly string[];
    }
  | { readonly type: 'gutter'; readonly n: number; readonly score: number; readonly consecutive: number }
  | {
      readonly type: 'mitigation';
      readonly n: number;
      readonly step: MitigationStep;
      readonly detail: string;
      readonly profile?: string;
    }
  | { readonly type: 'model.changed'; readonly profile: string; readonly by: string }
  | {
      readonly type: 'budget.warning';
      readonly budget: string;
      readonly used: number;
      readonly limit: number;
    }
  | {
      readonly type: 'diagnose.report';
      readonly id: string;
      readonly n: number;
      readonly summary: string;
      readonly guardrails: number;
      readonly specEdits: number;
      readonly profile?: string;
    }
  | { readonly type: 'diagnose.applied'; readonly id: string; readonly by: string; readonly detail: string }
  /** The agent gave its promise for this phase, counted from 1; with the last one, the checks were green as well. */
  | { readonly type: 'phase.ended'; readonly n: number; readonly phase: number; readonly of: number }
  | {
      readonly type: 'iteration.ended';
      readonly n: number;
      readonly headSha: string;
      readonly ms: number;
      readonly loopScore: number;
      readonly testExit?: Exit;
      /** Whatever the task names was verified on exactly this head: boxes, test_command, the last promise. */
      readonly green: boolean;
    };

/** Everything that can happen to a run. The journal, `--json` and the reducers share it. */
export type RunEvent = RunEvents | IterationEvents | ForgeEvent | AgentEvent;

/**
 * One line of JSONL, one entry of the journal, one input of the reducer: the same object.
 * `up` is the run's own running time in ms on a monotonic clock (paused time is free), `at` the wall clock.
 */
export type Entry = {
  readonly v: 1;
  readonly seq: number;
  readonly at: string;
  readonly up: number;
  readonly run: RunId;
} & RunEvent;
