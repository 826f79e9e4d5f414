import type { BackendId } from '../domain/backend.ts';
import type { RunId } from '../domain/event.ts';
import { blankRun } from '../domain/run-state.ts';
import { lintTask } from '../domain/spec/lint.ts';
import type { Resources } from '../domain/sandbox-choice.ts';
import type { TaskSpec } from '../domain/spec/task.ts';
import type { Sandbox, SandboxProvider, SandboxRef } from '../ports/sandbox.ts';
import type { EngineDeps } from './deps.ts';
import { parseRunJson } from './run-json.ts';

/** What can be said of a run's sandbox from outside, without touching what runs in it. */
export interface SandboxReport {
  readonly backend: BackendId;
  readonly isolated: boolean;
  /** Whether the backend makes links to ports of the sandbox; undefined where it cannot be asked. */
  readonly preview: boolean | undefined;
  readonly id: string | undefined;
  readonly state: 'there' | 'gone' | 'not made yet' | 'unknown';
  /** Why its state is not known. */
  readonly problem: string | undefined;
  readonly workdir: string | undefined;
  readonly image: string | undefined;
  /** What the task file asks for. */
  readonly resources: Resources;
  readonly setupCommands: readonly string[];
  /** Whether a process works on the run right now. */
  readonly owned: boolean;
  /** What the run's folder takes on this machine; undefined where it cannot be measured. */
  readonly diskBytes: number | undefined;
  readonly places: readonly { readonly what: string; readonly path: string }[];
}

type Found = Pick<SandboxReport, 'state' | 'problem' | 'workdir' | 'id' | 'preview'>;

const look = async (
  provider: SandboxProvider,
  ref: SandboxRef | undefined,
  labels: Readonly<Record<string, string>>,
): Promise<Found> => {
  const { preview } = provider.traits;
  const known = ref ?? (await provider.list(labels))[0];
  if (known === undefined)
    return { state: 'not made yet', problem: undefined, workdir: undefined, id: undefined, preview };
  const box: Sandbox | undefined = await provider.attach(known);
  return {
    state: box ? 'there' : 'gone',
    problem: undefined,
    workdir: box?.workdir,
    id: known.id,
    preview,
  };
};

const find = async (deps: EngineDeps, id: RunId, at: SandboxRef & { known: boolean }): Promise<Found> => {
  const ref = at.known ? { backend: at.backend, id: at.id } : undefined;
  try {
    return await look(await deps.provider(at.backend), ref, {
      'ralph.run': id,
      'ralph.fleet': deps.homes.dir,
    });
  } catch (error) {
    return {
      state: 'unknown',
      problem: error instanceof Error ? error.message : String(error),
      workdir: undefined,
      id: ref?.id,
      preview: undefined,
    };
  }
};

const placesOf = (dir: string, workdir: string | undefined): SandboxReport['places'] => [
  { what: 'run home', path: dir },
  { what: 'log', path: `${dir}/.ralph/activity.log` },
  { what: 'commits', path: `${dir}/repo.git` },
  ...(workdir === undefined ? [] : [{ what: 'work tree', path: `${workdir}/repo` }]),
];

const wishesOf = (
  task: TaskSpec | undefined,
): Pick<SandboxReport, 'image' | 'resources' | 'setupCommands'> => ({
  image: task?.sandboxImage,
  resources: task?.sandboxResources ?? {},
  setupCommands: task?.setupCommands ?? [],
});

/** Describes the sandbox of a run, ended or not; undefined when the run is not there. Never makes or changes one. */
export const describeSandbox = async (
  deps: EngineDeps,
  id: RunId,
  diskBytes: (dir: string) => Promise<number | undefined>,
): Promise<SandboxReport | undefined> => {
  const peek = deps.homes.peek(id);
  if (peek === undefined) return undefined;
  const json = parseRunJson(peek.runJson);
  const { backend, isolated } = json?.state ?? blankRun(id);
  const at = { backend, id: json?.sandbox?.id ?? '', known: json?.sandbox !== undefined };
  const { task } = lintTask(deps.homes.readTask(id) ?? '');
  const found = await find(deps, id, at);
  return {
    backend,
    isolated,
    ...found,
    ...wishesOf(task),
    owned: peek.locked,
    diskBytes: await diskBytes(peek.dir),
    places: placesOf(peek.dir, found.workdir),
  };
};
