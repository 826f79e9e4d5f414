import type { Answer } from '../domain/action.ts';
import type { ToolUse } from '../domain/agent-stream/fact.ts';
import type { TurnOutcome } from '../ports/agent.ts';
import { applyActions, type Applied } from './apply-action.ts';
import { runChecks, type Checked } from './checks.ts';
import { commitIteration, type Committed } from './commit-iteration.ts';
import { gatherPrompt } from './gather-prompt.ts';
import { hearPromise } from './hear-promise.ts';
import { createMeter } from './meter.ts';
import { emit, repoDir, theBox, type RunContext } from './run-context.ts';
import { takeBackState, type Projection } from './state-copy.ts';
import { waitForModel } from './wait.ts';
import { workingTurn } from './working-turn.ts';

export type IterationEnd =
  | {
      readonly kind: 'committed';
      readonly applied: Applied;
      readonly checked: Checked;
      readonly committed: Committed;
      /** False when the agent touched the copy of the log: it has to be written anew. */
      readonly logIntact: boolean;
    }
  /** The session could not start or go on; nothing was applied, and the iteration does not count. */
  | {
      readonly kind: 'no-session';
      readonly outcome: Exclude<TurnOutcome, { kind: 'answer' | 'worked' | 'invalid' | 'rate-limited' }>;
    };

export interface IterationStart {
  readonly n: number;
  readonly projection: Projection;
  readonly rotation: string | undefined;
}

const nothing: Applied = { commands: [], problems: [], wish: undefined, records: [] };
const unchecked: Checked = {
  testExit: undefined,
  commands: [],
  verified: new Set(),
  green: false,
  tree: undefined,
  problems: [],
  phaseEnded: undefined,
};

/** One fresh session on a prompt that is already on disk; a rate limit waits and asks again (not counted). */
const session = async (
  ctx: RunContext,
  n: number,
  prompt: { system: string; user: string },
): Promise<TurnOutcome> => {
  const agent = ctx.deps.agent(ctx.task.agent, ctx.models);
  const limited = new Set<string>();
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await agent.session(
      {
        n,
        system: prompt.system,
        prompt: prompt.user,
        profile: ctx.state.profile,
        meter: createMeter(ctx),
        signal: ctx.steer.signal,
        repoDir: repoDir(ctx),
        ...workingTurn(ctx),
      },
      theBox(ctx),
    );
    // What pauses for a human (a refused key) does not get better by waiting.
    const passes = outcome.kind === 'failed' && !outcome.fatal && outcome.pause === undefined;
    const waits = outcome.kind === 'rate-limited' || passes;
    if (!waits) return outcome;
    const wait = outcome.kind === 'rate-limited' ? outcome.waitMs : undefined;
    const went = await waitForModel(ctx, { attempt, waitMs: wait, detail: outcome.detail, limited });
    if (went === 'cut') return { kind: 'cancelled' };
    if (went === 'give-up') return { kind: 'failed', fatal: true, detail: outcome.detail, raw: '' };
  }
};

/** Boxes that the answer claims: by id, all of a milestone that it names, or all by `stop_success`. */
const claimsOf = (ctx: RunContext, answer: Answer, wish: Applied['wish']): readonly string[] => {
  if (wish?.kind === 'stop_success' && !ctx.task.classic) return ctx.task.boxes.map((box) => box.id);
  const ids = answer.claims?.checkboxes_checked ?? [];
  const milestones = answer.claims?.milestones_completed ?? [];
  const inMilestone = ctx.task.boxes.filter((box) =>
    milestones.some(
      (m) => box.milestone === m || box.milestone?.startsWith(`${m} `) || box.id.startsWith(`${m}.`),
    ),
  );
  return [...ids, ...inMilestone.map((box) => box.id)];
};

/** A tool that an agent used by itself, as a line of actions.jsonl like any action. */
const recordOf = ({ tool, label, ok }: ToolUse, i: number): string => {
  const outcome = ok === undefined ? 'unknown' : ok ? 'ok' : 'failed';
  return JSON.stringify({ i, action: { type: tool, label }, outcome, detail: '' });
};

const takeAnswer = async (
  ctx: RunContext,
  n: number,
  outcome: TurnOutcome,
): Promise<{ applied: Applied; claimed: string[]; summary: string }> => {
  if (outcome.kind === 'answer') {
    const { answer, repaired } = outcome;
    const summary = ctx.deps.redact(answer.summary);
    emit(ctx, { type: 'answer.taken', n, summary, actions: answer.actions.length, repaired });
    const applied = await applyActions(ctx, n, answer);
    return { applied, claimed: [...claimsOf(ctx, answer, applied.wish)], summary };
  }
  if (outcome.kind === 'invalid') {
    emit(ctx, { type: 'answer.invalid', n, problem: outcome.problem });
    const problem = `iteration ${n}: the answer could not be used: ${outcome.problem}`;
    return { applied: { ...nothing, problems: [problem] }, claimed: [], summary: '' };
  }
  if (outcome.kind !== 'worked') return { applied: nothing, claimed: [], summary: '' };
  // What it claims are the boxes that it ticked in its copy of the task file.
  const records = outcome.tools.map((use, i) => ctx.deps.redact(recordOf(use, i)));
  return { applied: { ...nothing, records }, claimed: [], summary: ctx.deps.redact(outcome.summary) };
};

/** Steps 3 to 10 of the iteration (state.md). The iteration is the transaction: all of it, or none. */
export const runIteration = async (ctx: RunContext, start: IterationStart): Promise<IterationEnd> => {
  const { n } = start;
  const startedMs = ctx.home.journal.up;
  const startSha = ctx.state.headSha ?? ctx.state.baseSha;
  emit(ctx, { type: 'iteration.started', n, startSha, profile: ctx.state.profile }, { sync: true });
  ctx.deps.host.failpoint('iteration.started');
  ctx.modelMs = 0;
  const folder = `iterations/${n}`;
  const asked = ctx.task;
  const prompt = await gatherPrompt(ctx, start);
  ctx.home.state.write(`${folder}/prompt.md`, `${prompt.system}\n\n---\n\n${prompt.user}`);
  emit(ctx, { type: 'prompt.built', n, bytes: prompt.system.length + prompt.user.length });
  ctx.turn.end();
  const outcome = await session(ctx, n, prompt);
  if (outcome.kind !== 'answer' && outcome.kind !== 'worked' && outcome.kind !== 'invalid') {
    if (outcome.kind === 'rate-limited') throw new Error('unreachable: session() waits for rate limits');
    return { kind: 'no-session', outcome };
  }
  ctx.home.state.write(`${folder}/response.json`, ctx.deps.redact(outcome.raw));
  ctx.deps.host.failpoint('answer.saved');
  const { applied: did, claimed, summary } = await takeAnswer(ctx, n, outcome);
  const { promised, problems } = hearPromise(ctx, { asked, outcome, applied: did });
  const applied = { ...did, problems: [...did.problems, ...problems] };
  await ctx.turn.begin();
  const back = await takeBackState(ctx, start.projection);
  ctx.turn.end();
  const skipChecks = ctx.steer.signal.aborted;
  const claims = { boxes: new Set([...claimed, ...back.ticked]), promised };
  const checked = skipChecks ? unchecked : await runChecks(ctx, claims);
  await ctx.turn.begin();
  const committed = await commitIteration(ctx, { n, startSha, startedMs, summary, applied, checked });
  ctx.turn.end();
  return { kind: 'committed', applied, checked, committed, logIntact: back.logIntact };
};
