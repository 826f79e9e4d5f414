import { classicFacts } from '../domain/classic-state.ts';
import { lintTask } from '../domain/spec/lint.ts';
import { emit, type RunContext } from './run-context.ts';
import { profileProblem } from './usable-profile.ts';

/** What became of an order; a refusal says why. */
/** What came of an order. `failed`: it was carried out, and a command that it ran did not succeed. */
export type Outcome = { readonly refused: string } | { readonly done: string; readonly failed?: boolean };

const refuse = (text: string): Outcome => ({ refused: text });

/** Replaces the task file; a text that does not lint, or is another task's, changes nothing. */
export const changeSpec = (ctx: RunContext, text: string, by: string): Outcome => {
  const { task, findings } = lintTask(text);
  if (!task) {
    const first = findings.find((f) => f.level === 'error');
    return refuse(`the new task file does not lint: line ${first?.line}: ${first?.message}; ${first?.fix}`);
  }
  if (task.taskId !== ctx.task.taskId)
    return refuse(`task_id may not change (${ctx.task.taskId} to ${task.taskId})`);
  if (task.sandbox.readOnly !== ctx.task.sandbox.readOnly)
    return refuse('sandbox_read_only may not change: start another run (ralph run)');
  const unmeasured = profileProblem(ctx, ctx.state.profile, task.budgets);
  // A key that is missing just now is no reason to keep the old task.
  if (unmeasured !== undefined && profileProblem(ctx, ctx.state.profile, { maxTokensTotal: 1 }) === undefined)
    return refuse(unmeasured);
  ctx.home.writeTask(text);
  ctx.task = task;
  const boxes = task.boxes.map(({ id, text: title }) => ({ id, text: title }));
  const { budgets, steeringMode: steering } = task;
  const classic = classicFacts(task.classic);
  emit(
    ctx,
    { type: 'spec.changed', budgets, steering, boxes, ...(classic && { classic }), by },
    { sync: true },
  );
  return { done: 'from the next session on' };
};
