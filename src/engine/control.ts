import { refusalOf, type Control, type Order, type OrderKind } from '../domain/control.ts';
import { isEnded } from '../domain/run-status.ts';
import { withNote, withSign } from '../domain/state-texts.ts';
import { applyReport } from './apply-report.ts';
import { settleBranch } from './branch-moved.ts';
import { changeSpec, type Outcome } from './change-spec.ts';
import { debugCommand } from './debug-command.ts';
import { emit, type RunContext } from './run-context.ts';
import { profileProblem } from './usable-profile.ts';

/** Handlers may run again after a crash: each is idempotent. */
type Handler<K extends OrderKind> = (
  ctx: RunContext,
  order: Extract<Order, { kind: K }>,
  control: Control,
) => Outcome | Promise<Outcome>;

const done = (text = ''): Outcome => ({ done: text });
const refuse = (text: string): Outcome => ({ refused: text });

const appendNote = (ctx: RunContext, control: Control, text: string): void => {
  const before = ctx.home.state.readText('notes.md') ?? '# Notes\n';
  const note = { id: control.id, at: control.at, text: ctx.deps.redact(text) };
  ctx.home.state.write('notes.md', withNote(before, note));
};

const handlers: { readonly [K in OrderKind]: Handler<K> } = {
  pause: (ctx, order) => {
    if (ctx.state.status === 'paused') return refuse('it is paused already');
    const reason = order.reason ?? 'paused by the operator';
    if (ctx.active) {
      ctx.steer.ask({ kind: 'pause', reason });
      return done('pauses after the current action');
    }
    emit(ctx, { type: 'run.status', status: 'paused', reason: 'human', detail: reason }, { sync: true });
    return done();
  },
  resume: async (ctx, order) => {
    if (ctx.state.status !== 'paused') return refuse(`it is ${ctx.state.status}, not paused`);
    const settled = order.branch === undefined ? done() : await settleBranch(ctx, order.branch);
    if (!('refused' in settled)) emit(ctx, { type: 'run.status', status: 'queued' }, { sync: true });
    return settled;
  },
  reopen: (ctx, order, control) => {
    const { status } = ctx.state;
    if (status !== 'succeeded' && status !== 'paused') return refuse(`it is ${status}`);
    const detail = ctx.deps.redact(order.reason);
    emit(ctx, { type: 'run.reopened', by: control.by, detail });
    emit(ctx, { type: 'run.status', status: 'paused', reason: 'human', detail }, { sync: true });
    return done('it is paused now');
  },
  rotate: (ctx) => {
    if (ctx.state.status === 'paused') return refuse('it is paused: resume starts a fresh session anyway');
    if (!ctx.active) return refuse(`it is ${ctx.state.status}, and nobody works on it`);
    ctx.steer.ask({ kind: 'rotate', reason: 'asked by the operator' });
    return done('a fresh session starts after the current action');
  },
  stop: (ctx, order) => {
    const reason = order.reason ?? 'stopped by the operator';
    if (ctx.active) ctx.steer.ask({ kind: 'stop', reason });
    else
      emit(
        ctx,
        { type: 'run.status', status: 'stopped', reason: 'cancelled', detail: reason },
        { sync: true },
      );
    return done();
  },
  model: (ctx, order, control) => {
    const problem = profileProblem(ctx, order.profile);
    if (problem !== undefined) return refuse(problem);
    emit(ctx, { type: 'model.changed', profile: order.profile, by: control.by });
    return done('from the next session on');
  },
  note: (ctx, order, control) => {
    appendNote(ctx, control, order.text);
    return done('in notes.md');
  },
  hint: (ctx, order) => {
    const text = `### hint for this session (${order.topic})\n${ctx.deps.redact(order.text)}`;
    ctx.hints = [...ctx.hints, text];
    return done('in the next prompt');
  },
  guardrail: (ctx, order, control) => {
    const before = ctx.home.state.readText('guardrails.md') ?? '# Ralph Guardrails (append-only)\n';
    const { name, trigger, instruction } = order;
    const evidence = order.evidence ?? `added by ${control.by}`;
    const sign = { name, trigger, instruction, evidence, iteration: ctx.state.iteration, id: control.id };
    ctx.home.state.write('guardrails.md', ctx.deps.redact(withSign(before, sign)));
    return done('in guardrails.md');
  },
  spec: (ctx, order, control) => changeSpec(ctx, order.text, control.by),
  diagnose: (ctx) => {
    ctx.steer.diagnose = true;
    return done('before the next session');
  },
  apply: (ctx, order, control) => applyReport(ctx, { report: order.report, by: control.by }),
  debug: (ctx, order) => debugCommand(ctx, order.command),
};

const judge = async (ctx: RunContext, control: Control): Promise<Outcome> => {
  const { order } = control;
  if (isEnded(ctx.state.status) && order.kind !== 'reopen') return refuse(`the run has ${ctx.state.status}`);
  const refusal = refusalOf(ctx.task.steeringMode, order.kind);
  if (refusal) return refuse(refusal);
  const handler = handlers[order.kind] as Handler<OrderKind>;
  return handler(ctx, order, control);
};

/**
 * Takes every waiting control, in name order, each exactly once: applied, then entered, then removed. A file that is
 * no control is entered as a warning and removed.
 */
export const takeControls = async (ctx: RunContext): Promise<void> => {
  for (const { name, control, problem } of ctx.home.inbox.pending()) {
    if (!control) {
      emit(ctx, { type: 'warning', about: 'control', text: `${name}: ${problem ?? 'not a control'}` });
    } else if (!ctx.taken.has(control.id)) {
      const outcome = await judge(ctx, control);
      ctx.deps.host.failpoint('control.applied');
      ctx.taken.add(control.id);
      const base = {
        type: 'control.taken',
        id: control.id,
        order: control.order.kind,
        by: control.by,
      } as const;
      const entry =
        'refused' in outcome
          ? ({ ...base, outcome: 'refused', detail: outcome.refused } as const)
          : ({
              ...base,
              outcome: 'accepted',
              ...(outcome.failed && { failed: true as const }),
              ...(outcome.done && { detail: outcome.done }),
            } as const);
      emit(ctx, entry, { sync: true });
    }
    ctx.home.inbox.remove(name);
  }
};

/** Takes controls while the run works: soon after they appear, one batch at a time. Returns the way to stop. */
export const watchControls = (ctx: RunContext, onError: (error: unknown) => void): (() => Promise<void>) => {
  let queue = Promise.resolve();
  const stop = ctx.home.inbox.watch(() => {
    queue = queue.then(() => takeControls(ctx)).catch(onError);
  });
  return async () => {
    stop();
    await queue;
  };
};
