import type { BackendId } from '../domain/backend.ts';
import type { RunId } from '../domain/event.ts';
import type { NetworkMode } from '../domain/network.ts';
import { blankRun } from '../domain/run-state.ts';
import { lintTask } from '../domain/spec/lint.ts';
import { resolveSandbox, type Preset, type Resources, type SandboxChoice } from '../domain/sandbox-choice.ts';
import type { TaskSpec } from '../domain/spec/task.ts';
import type { Sandbox, SandboxProvider, SandboxRef, SandboxStats } from '../ports/sandbox.ts';
import type { EngineDeps } from './deps.ts';
import { parseRunJson } from './run-json.ts';

/** What can be said of a run's sandbox from outside, without touching what runs in it. */
export interface SandboxReport {
  /** When it was looked at, ISO 8601. */
  readonly at: string;
  readonly backend: BackendId;
  readonly isolated: boolean;
  /** Whether the backend makes links to ports of the sandbox; undefined where it cannot be asked. */
  readonly preview: boolean | undefined;
  readonly id: string | undefined;
  readonly state: 'there' | 'stopped' | 'gone' | 'not made yet' | 'unknown';
  /** Why its state is not known. */
  readonly problem: string | undefined;
  readonly workdir: string | undefined;
  readonly image: ReportedImage | undefined;
  /** Its limits: of command line, task file and settings. */
  readonly resources: Resources;
  /** Undefined where there is no isolation. */
  readonly preset: Preset | undefined;
  readonly network: NetworkMode | undefined;
  readonly readOnly: boolean;
  /** What it takes right now; undefined where it does not run, or the backend cannot say. */
  readonly stats: SandboxStats | undefined;
  readonly setupCommands: readonly string[];
  /** Whether a process works on the run right now. */
  readonly owned: boolean;
  /** What the run's folder takes on this machine; undefined where it cannot be measured. */
  readonly diskBytes: number | undefined;
  /** What the sandbox's folders take, where the task limits it; they are measured while the run works. */
  readonly boxBytes?: number;
  readonly places: readonly { readonly what: string; readonly path: string }[];
}

export interface ReportedImage {
  readonly name: string;
  /** ISO 8601; undefined where the backend does not have it any more, or keeps none. */
  readonly createdAt?: string;
  readonly outdated?: boolean;
}

type Found = Pick<SandboxReport, 'state' | 'problem' | 'workdir' | 'id' | 'preview' | 'stats'>;
const noStats = { stats: undefined };

const look = async (
  provider: SandboxProvider,
  ref: SandboxRef | undefined,
  labels: Readonly<Record<string, string>>,
): Promise<Found> => {
  const { preview } = provider.traits;
  const known = ref ?? (await provider.list(labels))[0];
  if (known === undefined)
    return {
      state: 'not made yet',
      problem: undefined,
      workdir: undefined,
      id: undefined,
      preview,
      ...noStats,
    };
  if ((await provider.isRunning?.(known)) === false)
    return { state: 'stopped', problem: undefined, workdir: undefined, id: known.id, preview, ...noStats };
  const box: Sandbox | undefined = await provider.attach(known);
  return {
    state: box ? 'there' : 'gone',
    problem: undefined,
    workdir: box?.workdir,
    id: known.id,
    preview,
    // Between the two looks it may have ended.
    stats: await box?.stats?.().catch(() => undefined),
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
      ...noStats,
    };
  }
};

const placesOf = (dir: string, workdir: string | undefined): SandboxReport['places'] => [
  { what: 'run home', path: dir },
  { what: 'log', path: `${dir}/.ralph/activity.log` },
  { what: 'commits', path: `${dir}/repo.git` },
  ...(workdir === undefined ? [] : [{ what: 'work tree', path: `${workdir}/repo` }]),
];

/** Without asking what a run would get: only what it has, and what its task names. */
const imageOf = async (
  deps: EngineDeps,
  backend: BackendId,
  name: string | undefined,
): Promise<ReportedImage | undefined> => {
  if (name === undefined) return undefined;
  try {
    const store = await deps.containers(backend);
    const image = await store?.image(name);
    if (!store || !image) return { name };
    return { name, createdAt: image.createdAt, outdated: store.isOutdated(image) };
  } catch {
    return { name };
  }
};

const wishesOf = (
  task: TaskSpec | undefined,
  choice: SandboxChoice | undefined,
): Pick<SandboxReport, 'resources' | 'preset' | 'network' | 'readOnly' | 'setupCommands'> => {
  const wish = task?.sandbox ?? { readOnly: false };
  const asked = task?.sandboxResources ?? {};
  const resolved = choice && resolveSandbox({ wish, resources: asked }, choice);
  return {
    resources: resolved?.resources ?? asked,
    preset: resolved?.preset,
    network: resolved?.network,
    readOnly: wish.readOnly,
    setupCommands: task?.setupCommands ?? [],
  };
};

type DiskBytes = (dir: string) => Promise<number | undefined>;

/** Work folder and home lie beside each other in the run home, whatever the backend. */
const boxBytesOf = async (
  { dir, resources }: { readonly dir: string; readonly resources: Resources },
  diskBytes: DiskBytes,
): Promise<Pick<SandboxReport, 'boxBytes'>> => {
  if (resources.diskGib === undefined) return {};
  const parts = await Promise.all(['sandbox', 'home'].map((name) => diskBytes(`${dir}/${name}`)));
  return { boxBytes: parts.reduce<number>((sum, bytes = 0) => sum + bytes, 0) };
};

/** Describes the sandbox of a run, ended or not; undefined when the run is not there. Never makes or changes one. */
export const describeSandbox = async (
  deps: EngineDeps,
  id: RunId,
  diskBytes: DiskBytes,
): Promise<SandboxReport | undefined> => {
  const peek = deps.homes.peek(id);
  if (peek === undefined) return undefined;
  const json = parseRunJson(peek.runJson);
  const state = json?.state ?? blankRun(id);
  const { backend, isolated } = state;
  const at = { backend, id: json?.sandbox?.id ?? '', known: json?.sandbox !== undefined };
  const { task } = lintTask(deps.homes.readTask(id) ?? '');
  const found = await find(deps, id, at);
  const wishes = wishesOf(task, state.sandbox);
  return {
    at: deps.host.clock.now().toISOString(),
    backend,
    isolated,
    ...found,
    image: await imageOf(deps, backend, state.image ?? task?.sandboxImage),
    ...wishes,
    ...(await boxBytesOf({ dir: peek.dir, resources: wishes.resources }, diskBytes)),
    owned: peek.locked,
    diskBytes: await diskBytes(peek.dir),
    places: placesOf(peek.dir, found.workdir),
  };
};
