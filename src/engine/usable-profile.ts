import type { RunContext } from './run-context.ts';

/** The runner's own calls need a key of ours; an agent's go through the gate. */
const workProblem = (ctx: RunContext, name: string) => {
  const { agent } = ctx.task;
  return agent === 'actions' ? ctx.models.check(name)[0] : ctx.deps.agent(agent, ctx.models).problem?.(name);
};

/** Why the runner itself may not call the model of this profile (diagnose). */
export const callProblem = (ctx: RunContext, name: string): string | undefined =>
  profileProblem({ ...ctx, task: { ...ctx.task, agent: 'actions' } }, name);

/**
 * Why a run may not go over to this profile, or undefined when it may: besides a missing key, a price that is not
 * known while no token limit is set, for then nothing would stop the bill (reliability.md, Models).
 */
export const profileProblem = (
  ctx: RunContext,
  name: string,
  budgets: { readonly maxTokensTotal?: number | undefined } = ctx.state.budgets,
): string | undefined => {
  const profile = ctx.models.profiles.find((p) => p.name === name);
  if (!profile) {
    return `no profile ${name}; there are ${ctx.models.profiles.map((p) => p.name).join(', ')}`;
  }
  const problem = workProblem(ctx, name);
  if (problem) return `${problem.message}: ${problem.hint}`;
  if (profile.priced || budgets.maxTokensTotal !== undefined) return undefined;
  return `the price of ${profile.model} is not known, so the cost budget cannot stop the run: set max_tokens_total in the task file, or prices for ${name} in models.yaml`;
};
