import { emit, type RunContext } from './run-context.ts';

/** Opens the run's way to the model where its agent calls that itself; before the sandbox is made, which may need its folder. */
export const openGate = async (ctx: RunContext): Promise<void> => {
  const { gates } = ctx.deps;
  if (!gates || ctx.gate || ctx.task.agent === 'actions') return;
  ctx.gate = await gates.open({
    run: ctx.home.id,
    dir: `${ctx.home.dir}/gate`,
    repos: [ctx.state.repo],
    onCall: ({ method, host, path, status, ms, refused }) => {
      const { redact } = ctx.deps;
      const seen = { method, host, path: redact(path), status, ms };
      emit(ctx, { type: 'gate.called', ...seen, ...(refused !== undefined && { refused: redact(refused) }) });
    },
  });
};

export const closeGate = async (ctx: RunContext): Promise<void> => {
  const { gate } = ctx;
  ctx.gate = undefined;
  await gate?.close();
};
