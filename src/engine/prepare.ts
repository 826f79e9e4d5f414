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

const createBox = async (ctx: RunContext, provider: SandboxProvider, env: SandboxSpec['env']) => {
  const image = await imageOf(ctx);
  const named = image ?? ctx.task.sandboxImage;
  const box = await provider.create(
    {
      name: `ralph-${ctx.home.id}`,
      hostDir: `${ctx.home.dir}/sandbox`,
      env,
      labels: labelsOf(ctx),
      ...limitsOf(ctx.task, ctx.state.sandbox),
      ...(ctx.gate && { gateDir: ctx.gate.dir }),
      ...(named !== undefined && { image: named }),
    },
    ctx.steer.signal,
  );
  return { box, image };
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
  if (ctx.task.copy.length > 0) await git.ignore(theBox(ctx), repoDir(ctx), ctx.task.copy);
};

const fill = async (ctx: RunContext): Promise<void> => {
  const sha = ctx.state.headSha ?? ctx.state.baseSha;
  await materialise(theBox(ctx), repoDir(ctx), { repo: ctx.home.repo, sha, branch: ctx.state.branch });
  await copyFiles(ctx);
  await setUp(ctx);
  ctx.home.state.write('prepared', `${theBox(ctx).ref.id}\n`);
};

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

/** Attaches or makes the sandbox and fills it from the run's own repository: no credential goes in. */
export const prepare = async (ctx: RunContext): Promise<void> => {
  const provider = await ctx.deps.provider(ctx.state.backend);
  const found = await endLeftovers(ctx, provider, await findBox(ctx, provider));
  const env = await readEnv(ctx);
  const { box, image } = found ? { box: found, image: undefined } : await createBox(ctx, provider, env);
  useBox(ctx, box);
  const before = ctx.home.state.readText('prepared');
  const filled = before?.trim() === box.ref.id && (await git.isClone(theBox(ctx), repoDir(ctx)));
  const how = found ? 'attached' : before === undefined ? 'created' : 'recreated';
  const { id } = box.ref;
  emit(ctx, { type: 'sandbox.ready', id, how, ...(image !== undefined && { image }) }, { sync: true });
  await useGate(ctx);
  if (filled) {
    // The work tree has outlived its sandbox, but what setup commands put elsewhere has not.
    if (!found) await setUp(ctx);
    return;
  }
  const known = before?.trim() === box.ref.id;
  if (known && (await hasWork(ctx))) await rebuildClone(ctx);
  else await fill(ctx);
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
