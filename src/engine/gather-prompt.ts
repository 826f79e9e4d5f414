import { answerJsonSchema } from '../domain/answer.ts';
import { gauges } from '../domain/budget.ts';
import { classicPrompt, phaseOf } from '../domain/classic-state.ts';
import { describeExit } from '../domain/exit.ts';
import { loopScore } from '../domain/loop-score.ts';
import { buildPrompt, type ShownCommand } from '../domain/prompt.ts';
import { committedSpend } from '../domain/run-state.ts';
import { fillTemplate } from '../domain/template.ts';
import { markInvisible, sanitize } from '../domain/terminal.ts';
import { checksFile } from './await-checks.ts';
import { readMetrics } from './metrics.ts';
import { repoDir, theBox, type RunContext } from './run-context.ts';
import { taskFileOf } from './state-copy.ts';
import * as git from './workspace/git.ts';

export interface PromptRequest {
  readonly n: number;
  readonly rotation: string | undefined;
}

const commandsOf = (ctx: RunContext, n: number): readonly ShownCommand[] => {
  const metrics = readMetrics(ctx.home, n);
  const text = ctx.home.state.readText(`iterations/${n}/test_output.txt`) ?? '';
  return (metrics?.commands ?? []).map((c) => ({
    command: clean(c.command),
    outcome: describeExit(c.exit),
    output: text.slice(c.from, c.to),
  }));
};

const READ_ONLY =
  'this sandbox is read-only: no file of the repository can be changed or committed, only .ralph/ can be written';

const statusOf = async (ctx: RunContext, n: number): Promise<{ status: string; diffSummary: string }> => {
  const { baseSha, headSha = baseSha } = ctx.state;
  const [status, log] = await Promise.all([
    git.status(theBox(ctx), repoDir(ctx)),
    ctx.home.repo.log(baseSha, headSha),
  ]);
  const lines = status.entries.slice(0, 60).map((e) => `${e.code} ${e.path}`);
  const files = n === 1 ? await git.listTracked(theBox(ctx), repoDir(ctx), 200) : [];
  return {
    status: [
      `branch ${ctx.state.branch}, base ${ctx.state.baseBranch} at ${ctx.state.baseSha.slice(0, 12)}`,
      ...(ctx.task.sandbox.readOnly ? [READ_ONLY] : []),
      lines.length === 0 ? 'work tree: clean' : `git status:\n${lines.join('\n')}`,
      ...(status.entries.length > 60 ? [`… ${status.entries.length - 60} more`] : []),
      ...(files.length > 0 ? [`tracked files (first ${files.length}):\n${files.join('\n')}`] : []),
    ].join('\n'),
    diffSummary:
      log.length === 0
        ? 'nothing committed on this branch yet'
        : `commits on this branch, newest first:\n${log
            .slice(0, 15)
            .map((c) => `${c.sha.slice(0, 9)} ${c.subject}`)
            .join('\n')}\nThe last iteration's diff: .ralph/iterations/${n - 1}/git_diff.patch`,
  };
};

/** What the model is told of the loop: JSON actions by contract, or work in the sandbox (base and provider prompt). */
const instructions = (ctx: RunContext, n: number): { readonly system: string; readonly contract: string } => {
  const { host } = ctx.deps;
  const { agent, testCommand } = ctx.task;
  if (agent === 'actions') {
    const schema = JSON.stringify(answerJsonSchema());
    const contract = fillTemplate(host.prompt('actions-contract'), { schema });
    return { system: host.prompt('actions-system'), contract };
  }
  const both = `${host.prompt('base-prompt').trimEnd()}\n\n${host.prompt(`${agent}-prompt`)}`;
  const verify = 'the `verify` command of every box that you ticked';
  const values = {
    task_id: ctx.state.task,
    iteration: String(n),
    max_iterations: String(ctx.state.budgets.maxIterations),
    branch: ctx.state.branch,
    repo: repoDir(ctx),
    task_file: taskFileOf(ctx.task),
    checks: testCommand === undefined ? verify : `\`${testCommand}\` and ${verify}`,
  };
  return { system: fillTemplate(both, values), contract: '' };
};

/** The task file; for a classic task the prompt of its phase, and how to say that it is done. */
const taskText = (ctx: RunContext): string => {
  const { task } = ctx;
  const { classic } = task;
  if (!classic) return ctx.home.readTask() ?? '';
  return classicPrompt(
    { ...task, classic },
    phaseOf(ctx.state),
    LAST_WORDS[task.agent] ?? 'your last message',
  );
};
/** Where the last words of a session stand that is no conversation. */
const LAST_WORDS: Readonly<Record<string, string>> = { actions: '`summary`' };

/** The forge's word on a pushed commit stands until it says something else. */
const failedChecks = (ctx: RunContext): string | undefined => {
  const { checks } = ctx.state;
  if (checks?.state !== 'red') return undefined;
  const head = `Failed at the forge on commit ${checks.sha.slice(0, 10)} (iteration ${checks.n}). Boxes and test_command do not count as done while they do.`;
  const text = ctx.home.state.readText(checksFile(checks.n)) ?? checks.failed.join('\n');
  return `${head}\n\n${clean(text)}`;
};

const clean = (text: string): string => markInvisible(sanitize(text));

/** Builds the prompt from files and git alone: what a fresh process would build too (spec 3.2, 10). */
export const gatherPrompt = async (
  ctx: RunContext,
  request: PromptRequest,
): Promise<{ readonly system: string; readonly user: string }> => {
  const { n } = request;
  const { state } = ctx.home;
  const read = (name: string) => clean(state.readText(name) ?? '');
  const { status, diffSummary } = await statusOf(ctx, n);
  const notes = [read('notes.md'), ...ctx.hints].join('\n\n');
  ctx.hints = [];
  const spent = committedSpend(ctx.state);
  const checks = failedChecks(ctx);
  const { system, user } = buildPrompt({
    ...instructions(ctx, n),
    task: taskText(ctx),
    guardrails: read('guardrails.md'),
    progress: read('progress.md'),
    notes,
    errors: read('errors.log'),
    status: clean(status),
    diffSummary: clean(diffSummary),
    commands: commandsOf(ctx, n - 1),
    outputPath: n > 1 ? `.ralph/iterations/${n - 1}/test_output.txt` : undefined,
    ...(checks !== undefined && { checks }),
    iteration: n,
    maxIterations: ctx.state.budgets.maxIterations,
    gauges: gauges(ctx.state.budgets, { ...spent, iterations: n - 1 }),
    scores: ctx.state.loopScores,
    loop: ctx.facts.length > 0 ? loopScore(ctx.facts) : undefined,
    rotation: request.rotation,
  });
  // It goes to the provider, into prompt.md and with that into the state ref.
  return { system, user: ctx.deps.redact(user) };
};
