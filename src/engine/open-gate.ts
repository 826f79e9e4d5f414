import { RalphError } from '../domain/error.ts';
import { gateEnvironment } from '../domain/gate/environment.ts';
import type { NetworkMode } from '../domain/network.ts';
import { emit, theBox, type RunContext } from './run-context.ts';
import { limitsOf } from './sandbox-spec.ts';
import { openRelay } from './workspace/relay.ts';

/** Undefined where there is no isolation. */
const networkOf = (ctx: RunContext): NetworkMode | undefined => limitsOf(ctx.task, ctx.state.sandbox).network;

const needsGate = (ctx: RunContext): boolean => ctx.task.agent !== 'actions' || networkOf(ctx) === 'proxy';

/** Repositories that git inside may fetch: the run's own, where it is not a folder. */
const reposOf = ({ state }: RunContext): readonly string[] =>
  /^https?:\/\//i.test(state.repo) ? [state.repo] : [];

/** Opens the run's way out where its agent or its sandbox needs one; before the sandbox is made, which shows its folder. */
export const openGate = async (ctx: RunContext): Promise<void> => {
  const { gates } = ctx.deps;
  if (!gates || ctx.gate || !needsGate(ctx)) return;
  for (const text of await gates.warnings(ctx.task.agent))
    emit(ctx, { type: 'warning', about: 'token', text: ctx.deps.redact(text) });
  ctx.gate = await gates.open({
    run: ctx.home.id,
    dir: `${ctx.home.dir}/gate`,
    repos: reposOf(ctx),
    onCall: ({ method, host, path, status, ms, refused }) => {
      const { redact } = ctx.deps;
      const seen = { method, host, path: redact(path), status, ms };
      emit(ctx, { type: 'gate.called', ...seen, ...(refused !== undefined && { refused: redact(refused) }) });
    },
  });
};

/**
 * The gate's address as the sandbox sees it: its own without isolation, else that of a relay inside, which is started
 * where none answers. Throws RalphError `sandbox.unavailable` where the sandbox has no way to it.
 */
export const gateUrl = async (ctx: RunContext): Promise<string> => {
  const { gate } = ctx;
  if (gate === undefined || !ctx.state.isolated) return gate?.url ?? '';
  const { url } = await openRelay(theBox(ctx), ctx.deps.random);
  ctx.gateEnv =
    networkOf(ctx) === 'proxy' ? gateEnvironment({ url, pass: gate.pass, repos: reposOf(ctx) }) : {};
  return url;
};

/** After a sandbox was attached: package managers and git inside find the gate from now on. */
export const useGate = async (ctx: RunContext): Promise<void> => {
  ctx.gateEnv = {};
  if (!ctx.gate || !ctx.state.isolated || networkOf(ctx) !== 'proxy') return;
  try {
    await gateUrl(ctx);
  } catch (error) {
    // A run whose model is called from here may well do without; an agent that needs it is told again.
    if (!(error instanceof RalphError) || ctx.task.agent !== 'actions') throw error;
    const text = `no package registry can be reached: ${error.message}${error.hint ? ` (${error.hint})` : ''}`;
    emit(ctx, { type: 'warning', about: 'gate', text: ctx.deps.redact(text) });
  }
};

export const closeGate = async (ctx: RunContext): Promise<void> => {
  const { gate } = ctx;
  ctx.gate = undefined;
  await gate?.close();
};
