import { existsSync } from 'node:fs';
import { RalphError } from '../../domain/error.ts';
import { succeeded } from '../../domain/exit.ts';
import type { ContainerBackend } from '../../domain/image.ts';
import type { ExecResult } from '../../ports/sandbox.ts';
import { execBytes, execProcess } from '../process.ts';

type Env = Readonly<Record<string, string | undefined>>;
export interface Engine {
  readonly backend: ContainerBackend;
  readonly env: Env;
}

const isThere = (name: string, { env }: Engine): boolean =>
  (env['PATH'] ?? '').split(':').some((dir) => dir !== '' && existsSync(`${dir}/${name}`));

/** Without a systemd of its own Podman asks one in vain; on hybrid cgroups crun starts nothing, runc does. */
const hostFlags = (engine: Engine): readonly string[] => {
  if (engine.backend === 'docker' || process.platform !== 'linux') return [];
  const isHybrid = !existsSync('/sys/fs/cgroup/cgroup.controllers');
  return [
    ...(existsSync('/run/systemd/system') ? [] : ['--cgroup-manager=cgroupfs']),
    ...(isHybrid && isThere('runc', engine) ? ['--runtime', 'runc'] : []),
  ];
};

/** `podman ARGS`, with what this machine needs. */
export const engineArgv = (engine: Engine, args: readonly string[]): readonly [string, ...string[]] => [
  engine.backend,
  ...hostFlags(engine),
  ...args,
];

/** RalphError `sandbox.unavailable` with the last lines that the engine said. */
export const failed = (engine: Engine, args: readonly string[], text: string): RalphError => {
  const tail = text.trimEnd().split('\n').slice(-8).join('\n');
  return new RalphError('sandbox.unavailable', `${engine.backend} ${args[0]} failed: ${tail}`, {
    hint: `ralph doctor says whether ${engine.backend} can be used here`,
  });
};

/** Standard output of a short command. Throws `sandbox.unavailable`. */
export const engineText = async (engine: Engine, args: readonly string[]): Promise<string> => {
  const { exit, stdout, stderr } = await execBytes({
    argv: engineArgv(engine, args),
    env: engine.env,
    timeoutMs: 60_000,
  });
  if (!succeeded(exit)) throw failed(engine, args, stderr);
  return stdout.toString('utf8');
};

/** Whether a short command succeeded, and what it said. */
export const engineTry = (engine: Engine, args: readonly string[]): Promise<ExecResult> =>
  execProcess({ argv: engineArgv(engine, args), timeoutMs: 120_000 }, { env: engine.env });

export interface LongCommand {
  readonly argv: readonly [string, ...string[]];
  readonly env: Env;
  readonly what: string;
  readonly hint: string;
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}
/** A command that takes minutes, line by line. Throws `sandbox.exec` with the last lines when it fails. */
export const runLong = async (command: LongCommand): Promise<void> => {
  let rest = '';
  const onOutput = ({ text }: { readonly text: string }): void => {
    const lines = (rest + text).split(/\r?\n/);
    rest = (lines.pop() ?? '').slice(-8192);
    for (const line of lines) if (line.trim() !== '') command.onLine(line);
  };
  const { argv, env, signal } = command;
  const result = await execProcess({ argv, onOutput, ...(signal && { signal }) }, { env });
  if (rest.trim() !== '') command.onLine(rest);
  if (succeeded(result.exit)) return;
  if (result.exit.kind === 'cancelled')
    throw new RalphError('sandbox.exec', `${command.what} was interrupted`);
  const tail = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-8).join('\n');
  throw new RalphError('sandbox.exec', `${command.what} failed:\n${tail}`, { hint: command.hint });
};
