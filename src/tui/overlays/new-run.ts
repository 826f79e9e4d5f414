import type { RunInfo } from '../../commands/app.ts';
import { launchRuns } from '../../commands/launch.ts';
import { pickProfile, problemText } from '../ask.ts';
import { collectOutput } from '../invoke.ts';
import type { Screen } from '../screen-types.ts';
import { confirmOverlay } from '../widgets/confirm.tsx';
import { namedFiles, wholeNumber } from './new-run-fields.ts';
import { pressNewRun } from './new-run-keys.ts';
import {
  backendOf,
  beginNewRun,
  checked,
  isolationText,
  runsAsked,
  textsOf,
  valueOf,
  withTasks,
  withValue,
  type FormDefaults,
  type LoadedTask,
  type NewRunState,
  type NewRunWish,
} from './new-run-state.ts';
import { NewRunView } from './new-run-view.tsx';
import { changeBox, closeBox, defineOverlay } from './open-box.ts';

/** The form of a new run; wishes `NewRunWish`. State: from `beginNewRun`. */
export const newRunOverlay = defineOverlay<NewRunState>({
  name: 'new-run',
  press: (state, key) => pressNewRun(state, key),
  View: NewRunView,
});

const STANDARD = 'ralph_task.md';
const MANY = 5;

const defaultsOf = ({ face }: Screen): FormDefaults => {
  const { settings, files } = face.app;
  const backend = settings.get('backend');
  return {
    repo: files.repoRoot,
    profile: settings.get('default_profile'),
    fallback: settings.get('fallback_profile'),
    // The local backend is no sandbox: only who says so gets it, a setting is not enough.
    backend: backend === 'local' ? undefined : backend,
    concurrency: settings.get('concurrency'),
  };
};

const readTask = (screen: Screen, path: string): LoadedTask => {
  try {
    return { path, text: screen.face.app.files.readText(path), problem: undefined };
  } catch (error) {
    return { path, text: undefined, problem: problemText(error) };
  }
};

const change = (screen: Screen, to: (state: NewRunState) => NewRunState): void =>
  changeBox(screen, newRunOverlay, to);

const authOf = (screen: Screen, state: NewRunState): string =>
  screen.face.authSource(valueOf(state, 'repo_url') || undefined);

const load = (screen: Screen, line: string): void =>
  change(screen, (state) => {
    const tasks = namedFiles(line, state.files).map((path) => readTask(screen, path));
    const next = withTasks({ ...state, problem: undefined }, tasks);
    return { ...next, auth: authOf(screen, next) };
  });

const writeStarter = async (screen: Screen, path: string): Promise<void> => {
  const init = screen.face.commands.find((command) => command.id === 'task.init');
  if (init === undefined) return;
  const out = collectOutput(screen.frame().size.width);
  await init.run({ ...screen.context(), out }, init.args.parse({ file: path }));
  screen.toast(out.lines[0] ?? `wrote ${path}`, 'good');
  load(screen, path);
};

const pick = async (screen: Screen, key: string): Promise<void> => {
  const now = { value: '' };
  change(screen, (state) => {
    now.value = valueOf(state, key);
    return state;
  });
  const title = key === 'model_profile_fallback' ? 'Profile to fall back to' : 'Model profile';
  const chosen = await pickProfile(screen, title, { current: now.value === '' ? [] : [now.value] });
  if (chosen !== undefined) change(screen, (state) => withValue(state, key, chosen));
};

/** What has to be said before it starts; undefined when nothing has. */
const questionBefore = (state: NewRunState): string | undefined => {
  const runs = runsAsked(state);
  const what = `Launch ${runs} ${runs === 1 ? 'run' : 'runs'}?`;
  const isOpen = state.choices?.backends.find(({ id }) => id === backendOf(state))?.isolated === false;
  if (isOpen || isolationText(state) === '')
    return `The ${backendOf(state) ?? ''} backend has no isolation: the agent's commands run on this machine as you. ${what}`;
  return runs > MANY ? what : undefined;
};

const idsText = (made: readonly RunInfo[]): string => {
  const named = made.slice(0, MANY).map((run) => run.id);
  return `${named.join(', ')}${made.length > MANY ? ` and ${made.length - MANY} more` : ''}`;
};

/** The cursor goes to the first of them; a filter that would hide it goes. */
const showMade = (screen: Screen, made: readonly RunInfo[]): void => {
  const [first] = made;
  if (first === undefined) return;
  for (const run of made) if (screen.store.get(run.id) === undefined) screen.store.put(run);
  screen.update((ui) => {
    const isListed = screen.store.order(ui).includes(first.id);
    return { ...ui, screen: 'fleet', cursor: first.id, ...(!isListed && { filter: '' }) };
  });
};

const launch = async (screen: Screen, state: NewRunState): Promise<void> => {
  const question = questionBefore(state);
  if (question !== undefined && (await screen.open(confirmOverlay, { question })) !== true) return;
  change(screen, (now) => ({ ...now, busy: 'launching…', problem: undefined }));
  const { app } = screen.face;
  const made: RunInfo[] = [];
  const concurrency = wholeNumber(valueOf(state, '@concurrency'), 10_000);
  const backend = valueOf(state, 'sandbox_provider') === '' ? state.defaults.backend : undefined;
  const requests = textsOf(state).map(({ path, text }) => ({
    taskText: text,
    folder: app.files.resolve(`${path}/..`),
  }));
  try {
    await launchRuns(
      app,
      {
        requests,
        count: wholeNumber(valueOf(state, '@count'), 1000) ?? 1,
        ...(concurrency !== undefined && { concurrency }),
      },
      (run) => made.push(run),
    );
    closeBox(screen, newRunOverlay, made);
    screen.toast(`launched ${idsText(made)}${backend === undefined ? '' : ` on ${backend}`}`, 'good');
  } catch (error) {
    const before = made.length > 0 ? `launched ${idsText(made)}, then: ` : '';
    const text = `${before}${problemText(error)}`;
    if (!screen.frame().ui.overlays.some(({ overlay }) => overlay === newRunOverlay))
      screen.toast(text, 'bad');
    change(screen, (now) => ({ ...now, busy: undefined, problem: text }));
  }
  showMade(screen, made);
};

const grant = async (screen: Screen, wish: NewRunWish): Promise<void> => {
  const state = screen.frame().ui.overlays.find(({ overlay }) => overlay === newRunOverlay)
    ?.state as NewRunState;
  switch (wish.kind) {
    case 'load':
      return load(screen, wish.line);
    case 'starter':
      return writeStarter(screen, wish.path);
    case 'pick':
      return pick(screen, wish.key);
    case 'launch':
      return launch(screen, state);
  }
};

/** Opens the form on the task file that one most likely means; resolves when it is closed. */
export const openNewRunForm = async (screen: Screen): Promise<void> => {
  const files = screen.face.taskFiles();
  const [likely] = files;
  const path = files.includes(STANDARD) || likely === undefined ? STANDARD : likely;
  const defaults = defaultsOf(screen);
  const empty = beginNewRun({ files, defaults, auth: '' }, path);
  const read = withTasks(empty, [readTask(screen, path)]);
  const fail = (error: unknown): void =>
    change(screen, (state) => ({ ...state, problem: problemText(error) }));
  const closed = screen.open(newRunOverlay, { ...read, auth: authOf(screen, read) }, (wish) => {
    grant(screen, wish as NewRunWish).catch(fail);
  });
  screen.face.app
    .engine()
    .then((engine) => engine.choices())
    .then((choices) => change(screen, (state) => checked({ ...state, choices })), fail);
  await closed;
};
