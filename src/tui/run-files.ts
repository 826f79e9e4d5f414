import type { ScreenFace } from '../commands/screen-face.ts';
import type { Entry, RunId } from '../domain/event.ts';

/** Texts of a run's files, read when a pane first needs them and again after the run may have changed them. */
export interface RunFiles {
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
const slow: ReadonlySet<string> = new Set(['@current-diff', '@sandbox']);

const readNow = (face: ScreenFace, id: RunId, path: string): string | undefined => {
  const { homes } = face.app;
  if (path === '@task') return homes.readTask(id);
  if (path === '@iterations') return homes.listState(id, 'iterations').join('\n');
  if (path.startsWith(PARTS)) return homes.listState(id, `iterations/${path.slice(PARTS.length)}`).join('\n');
  return homes.readState(id, path);
};

export const createRunFiles = (face: ScreenFace, changed: () => void): RunFiles => {
  const texts = new Map<string, { readonly text: string | undefined; isStale: boolean }>();
  let owner: RunId | undefined;
  const loading = new Set<string>();

  const load = async (id: RunId, path: string): Promise<void> => {
    const key = `${id} ${path}`;
    if (loading.has(key)) return;
    loading.add(key);
    const text = await face.slowText(id, path);
    loading.delete(key);
    if (owner !== id) return;
    texts.set(path, { text, isStale: false });
    changed();
  };
  const read = (id: RunId, path: string): string | undefined => {
    try {
      return readNow(face, id, path);
    } catch (error) {
      return error instanceof Error ? `cannot be read: ${error.message}` : undefined;
    }
  };
  const age = (): void => {
    for (const kept of texts.values()) kept.isStale = true;
  };
  return {
    read: (id, path) => {
      if (owner !== id) texts.clear();
      owner = id;
      const kept = texts.get(path);
      if (kept !== undefined && !kept.isStale) return kept.text;
      if (slow.has(path)) {
        // What is old is shown until the new one is there.
        void load(id, path);
        return kept?.text;
      }
      const text = read(id, path);
      texts.set(path, { text, isStale: false });
      return text;
    },
    took: (id, entries) => {
      if (id === owner && entries.some((entry) => writing.has(entry.type))) age();
    },
    forget: (id) => {
      if (id === owner) age();
    },
  };
};
