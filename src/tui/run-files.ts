import type { ScreenFace } from '../commands/screen-face.ts';
import { readCurrentDiff } from '../domain/current-diff.ts';
import type { Entry, RunId } from '../domain/event.ts';

/** Texts of a run's files, read when a pane first needs them and again after the run may have changed them. */
export interface RunFiles {
  /** Another number whenever a text may be another one. */
  readonly version: number;
  read(id: RunId, path: string): string | undefined;
  /** Forgets what these entries may have changed. */
  took(id: RunId, entries: readonly Entry[]): void;
  forget(id: RunId): void;
}

/** Entries after which the files of a run may be other ones. */
const writing: ReadonlySet<Entry['type']> = new Set([
  'run.created',
  'run.status',
  'run.recovered',
  'iteration.started',
  'prompt.built',
  'answer.taken',
  'action.ended',
  'agent.tool',
  'agent.ended',
  'command.ended',
  'box.changed',
  'state.restored',
  'spec.changed',
  'diagnose.report',
  'diagnose.applied',
  'control.taken',
  'diff',
  'iteration.ended',
]);
const PARTS = '@parts/';
/** What takes a process or the network: read beside the frames. */
const slow: ReadonlySet<string> = new Set(['@current-diff', '@sandbox', '@lint']);

/** Between two looks at what is slow, however many entries come. */
const LEAST_GAP_MS = 500;
/** A work tree, and what a sandbox takes, change without an entry in the log: looked at again while they are shown. */
const LOOK_AGAIN_MS = 3_000;

const changesByItself = (path: string, text: string | undefined): boolean =>
  text !== undefined &&
  ((path === '@current-diff' && readCurrentDiff(text).kind === 'work-tree') ||
    (path === '@sandbox' && text.includes('"stats":{')));

const readFrom = (face: ScreenFace, id: RunId, path: string): string | undefined => {
  const { homes } = face.app;
  if (path === '@task') return homes.readTask(id);
  if (path === '@iterations') return homes.listState(id, 'iterations').join('\n');
  if (path.startsWith(PARTS)) return homes.listState(id, `iterations/${path.slice(PARTS.length)}`).join('\n');
  return homes.readState(id, path);
};

const readNow = (face: ScreenFace, id: RunId, path: string): string | undefined => {
  try {
    return readFrom(face, id, path);
  } catch (error) {
    return error instanceof Error ? `cannot be read: ${error.message}` : undefined;
  }
};

interface Shelf {
  readonly texts: Map<string, { readonly text: string | undefined; isStale: boolean }>;
  owner: RunId | undefined;
  /** Counts up whenever all texts became stale. */
  age: number;
}

/** Reads beside the frames: one look at a time. */
const createSlowReader = (face: ScreenFace, shelf: Shelf, changed: () => void) => {
  const loading = new Set<string>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const ageLater = (id: RunId, path: string, ms: number): void => {
    clearTimeout(timers.get(path));
    const timer = setTimeout(() => {
      const kept = shelf.texts.get(path);
      if (shelf.owner !== id || kept === undefined) return;
      kept.isStale = true;
      changed();
    }, ms);
    timers.set(path, timer.unref());
  };
  return async (id: RunId, path: string): Promise<void> => {
    const key = `${id} ${path}`;
    if (loading.has(key)) return;
    loading.add(key);
    const before = shelf.age;
    const text = await face.slowText(id, path);
    if (shelf.owner === id) {
      shelf.texts.set(path, { text, isStale: false });
      // An entry that came meanwhile may not be in it.
      if (shelf.age !== before) ageLater(id, path, LEAST_GAP_MS);
      else if (changesByItself(path, text)) ageLater(id, path, LOOK_AGAIN_MS);
      changed();
    }
    const release = (): void => {
      loading.delete(key);
      if (shelf.texts.get(path)?.isStale) changed();
    };
    setTimeout(release, LEAST_GAP_MS).unref();
  };
};

export const createRunFiles = (face: ScreenFace, tell: () => void): RunFiles => {
  let version = 0;
  const changed = (): void => {
    version += 1;
    tell();
  };
  const shelf: Shelf = { texts: new Map(), owner: undefined, age: 0 };
  const { texts } = shelf;
  const load = createSlowReader(face, shelf, changed);
  const ageAll = (): void => {
    shelf.age += 1;
    version += 1;
    for (const kept of texts.values()) kept.isStale = true;
  };
  return {
    get version() {
      return version;
    },
    read: (id, path) => {
      if (shelf.owner !== id) texts.clear();
      shelf.owner = id;
      const kept = texts.get(path);
      if (kept !== undefined && !kept.isStale) return kept.text;
      if (slow.has(path)) {
        // What is old is shown until the new one is there.
        void load(id, path);
        return kept?.text;
      }
      const text = readNow(face, id, path);
      texts.set(path, { text, isStale: false });
      return text;
    },
    took: (id, entries) => {
      if (id === shelf.owner && entries.some((entry) => writing.has(entry.type))) ageAll();
    },
    forget: (id) => {
      if (id === shelf.owner) ageAll();
    },
  };
};
