import { RalphError } from '../domain/error.ts';
import { describeExit, succeeded } from '../domain/exit.ts';
import type { Sandbox, SandboxProvider, SandboxSpec } from '../ports/sandbox.ts';
import type { RunHome } from '../ports/run-home.ts';
import { runCommand } from './command.ts';
import type { EngineDeps } from './deps.ts';
import { emit, repoDir, theBox, type RunContext } from './run-context.ts';
import { useGate } from './open-gate.ts';
import { readRunJson } from './run-json.ts';
import { limitsOf, pickImage } from './sandbox-spec.ts';
import { materialise, rebuild } from './workspace/clone.ts';
import { listFiles, writeFile } from './workspace/files.ts';
import * as git from './workspace/git.ts';
import { withResidentShell } from './workspace/resident-shell.ts';
import { project } from './workspace/state-dir.ts';
import { supervise } from './workspace/supervise.ts';

/** `ralph.fleet` tells whose it is: several state folders may share an engine. */
const labelsOf = (ctx: RunContext) => ({
  'ralph.run': ctx.home.id,
  'ralph.task': ctx.state.task,
  'ralph.fleet': ctx.deps.homes.dir,
});

/** The sandbox that run.json names, else one with our labels: a crash between creating and writing leaks none. */
const findBox = async (ctx: RunContext, provider: SandboxProvider): Promise<Sandbox | undefined> => {
  const ref = ctx.sandbox ?? (await provider.list(labelsOf(ctx)))[0];
  return ref && ref.backend === provider.id ? provider.attach(ref) : undefined;
};

/** The variables of the run's env file, whose values nothing may write from now on. Also for a sandbox that is there. */
const readEnv = async (ctx: RunContext): Promise<SandboxSpec['env']> => {
  const path = ctx.state.sandbox?.envFile;
  if (path === undefined) return {};
  const { values, secrets } = await ctx.deps.envFile(path);
  ctx.deps.host.learnSecrets(secrets);
  return values;
};

/** Undefined for a backend that keeps no images: what the task names is its own affair then. */
const imageOf = async (ctx: RunContext): Promise<string | undefined> => {
  const picked = await pickImage(ctx.deps, ctx.state.backend, ctx.task.sandboxImage);
  if (picked?.outdated) {
    const text = `${picked.name} is outdated: this version of ralph would build another one (ralph image build)`;
    emit(ctx, { type: 'warning', about: 'image', text });
  }
  return picked?.name;
};

/** What the runner writes into a clone that nobody else may write. */
const OWN = 'repo/.ralph';

interface BoxOrder {
  readonly provider: SandboxProvider;
  readonly env: SandboxSpec['env'];
  readonly image: string | undefined;
}
const createBox = (
  ctx: RunContext,
  { provider, env, image }: BoxOrder,
  sealed: Pick<SandboxSpec, 'readOnly' | 'writable'> = {},
): Promise<Sandbox> => {
  const named = image ?? ctx.task.sandboxImage;
  return provider.create(
    {
      name: `ralph-${ctx.home.id}`,
      hostDir: `${ctx.home.dir}/sandbox`,
      env,
      labels: labelsOf(ctx),
      ...limitsOf(ctx.task, ctx.state.sandbox),
      ...(ctx.gate && { gateDir: ctx.gate.dir }),
      ...(named !== undefined && { image: named }),
      ...sealed,
    },
    ctx.steer.signal,
  );
};

const setUp = async (ctx: RunContext): Promise<void> => {
  for (const command of ctx.task.setupCommands) {
    const { exit, output } = await runCommand(ctx, { command, purpose: 'setup' });
    if (succeeded(exit)) continue;
    const tail = output.trimEnd().split('\n').slice(-5).join('\n');
    throw new RalphError(
      'sandbox.exec',
      `setup command failed (${describeExit(exit)}): ${command}\n${tail}`,
      {
        hint: 'correct setup_commands in the task file (ralph spec), then ralph resume',
      },
    );
  }
};

/** Ignored files that the task names (`copy:`) were put into the run home when the run was made. */
const copyFiles = async (ctx: RunContext): Promise<void> => {
  for (const path of ctx.task.copy) {
    const text = ctx.home.state.readText(`copy/${path}`);
    if (text === undefined) continue;
    await writeFile(theBox(ctx), `${repoDir(ctx)}/${path}`, new TextEncoder().encode(text), {});
  }
  await git.ignore(theBox(ctx), repoDir(ctx), ctx.task.copy);
};

const fill = async (ctx: RunContext): Promise<void> => {
  const sha = ctx.state.headSha ?? ctx.state.baseSha;
  await materialise(theBox(ctx), repoDir(ctx), { repo: ctx.home.repo, sha, branch: ctx.state.branch });
  await copyFiles(ctx);
  await setUp(ctx);
};

const markFilled = (ctx: RunContext): void => ctx.home.state.write('prepared', `${theBox(ctx).ref.id}\n`);

/** A runner that was killed in an iteration leaves its command running: it must not go on beside the next one. */
const endLeftovers = async (
  ctx: RunContext,
  provider: SandboxProvider,
  box: Sandbox | undefined,
): Promise<Sandbox | undefined> => {
  if (!box || ctx.state.iteration === ctx.state.committed) return box;
  await box.stop();
  return provider.attach(box.ref);
};

const useBox = (ctx: RunContext, box: Sandbox): void => {
  ctx.sandbox = box.ref;
  const newId = (): string => ctx.deps.host.newId();
  const supervised = supervise(box, newId);
  ctx.box = box.isExecDear ? withResidentShell(supervised, newId) : supervised;
};

/** Attaches the sandbox if it is there; makes none. */
export const attachBox = async (ctx: RunContext): Promise<void> => {
  const box = await findBox(ctx, await ctx.deps.provider(ctx.state.backend));
  if (box) useBox(ctx, box);
};

/** A half-done iteration whose `.git` is broken: its files are still there, and `recover` will set them aside. */
const hasWork = async (ctx: RunContext): Promise<boolean> =>
  ctx.state.iteration > ctx.state.committed && (await listFiles(theBox(ctx), repoDir(ctx))) !== undefined;

const rebuildClone = async (ctx: RunContext): Promise<void> => {
  const sha = ctx.state.headSha ?? ctx.state.baseSha;
  await rebuild(theBox(ctx), repoDir(ctx), { repo: ctx.home.repo, sha, branch: ctx.state.branch });
  await git.ignore(theBox(ctx), repoDir(ctx), ctx.task.copy);
};

/** Fills a work tree in a sandbox that can be written, then makes the sandbox anew over it, which cannot. */
const fillAndSeal = async (ctx: RunContext, order: BoxOrder): Promise<void> => {
  await fill(ctx);
  // Also makes the folder that the new one shows `.ralph/` at.
  await project(theBox(ctx), repoDir(ctx), new Map([['ralph_task.md', ctx.home.readTask() ?? '']]));
  useBox(ctx, await createBox(ctx, order, { readOnly: true, writable: [OWN] }));
  await useGate(ctx);
  markFilled(ctx);
};

/** Of sandboxes that cannot be written only one that was filled and sealed: what a crash left before that can be. */
const findUsable = async (
  ctx: RunContext,
  provider: SandboxProvider,
  filledId: string | undefined,
): Promise<Sandbox | undefined> => {
  const found = await endLeftovers(ctx, provider, await findBox(ctx, provider));
  if (!found || !ctx.task.sandbox.readOnly) return found;
  const isSealed = found.ref.id === filledId && (await git.isClone(found, `${found.workdir}/repo`));
  return isSealed ? found : undefined;
};

/** `known`: it was filled before. The work tree outlives its sandbox; what setup commands put elsewhere does not. */
const fillOrMend = async (
  ctx: RunContext,
  { isNew, known }: { readonly isNew: boolean; readonly known: boolean },
): Promise<void> => {
  if (known && (await git.isClone(theBox(ctx), repoDir(ctx)))) {
    if (isNew) await setUp(ctx);
    return;
  }
  if (known && (await hasWork(ctx))) return rebuildClone(ctx);
  await fill(ctx);
  markFilled(ctx);
};

/** Attaches or makes the sandbox and fills it from the run's own repository: no credential goes in. */
export const prepare = async (ctx: RunContext): Promise<void> => {
  const provider = await ctx.deps.provider(ctx.state.backend);
  const before = ctx.home.state.readText('prepared')?.trim();
  const found = await findUsable(ctx, provider, before);
  const env = await readEnv(ctx);
  const image = found ? undefined : await imageOf(ctx);
  const order = { provider, env, image };
  const isSealed = ctx.task.sandbox.readOnly;
  if (isSealed && !found) ctx.home.state.remove('prepared');
  const box = found ?? (await createBox(ctx, order));
  useBox(ctx, box);
  const how = found ? 'attached' : before === undefined ? 'created' : 'recreated';
  const { id } = box.ref;
  emit(ctx, { type: 'sandbox.ready', id, how, ...(image !== undefined && { image }) }, { sync: true });
  await useGate(ctx);
  if (isSealed) return found ? undefined : fillAndSeal(ctx, order);
  return fillOrMend(ctx, { isNew: !found, known: before === id });
};

/** Destroys the sandbox of a run whose home we hold; one that is gone already is fine. */
export const destroySandbox = async (deps: EngineDeps, home: RunHome): Promise<void> => {
  const json = readRunJson(home);
  if (!json) return;
  const provider = await deps.provider(json.state.backend);
  const ref =
    json.sandbox ?? (await provider.list({ 'ralph.run': home.id, 'ralph.fleet': deps.homes.dir }))[0];
  const box = ref && (await provider.attach(ref));
  await box?.destroy();
};
