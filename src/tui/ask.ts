import type { RunInfo } from '../commands/app.ts';
import type { Command, CommandContext } from '../commands/define.ts';
import { sanitize } from '../domain/terminal.ts';
import { RalphError } from '../domain/error.ts';
import { runLine } from './affected-runs.ts';
import type { Asker } from './invoke.ts';
import { changeBox } from './overlays/open-box.ts';
import { beginPicker, pickerOverlay, withProfiles, type PickerState } from './overlays/profile-picker.tsx';
import type { Screen } from './screen-types.ts';
import { chooseOverlay } from './widgets/choose.tsx';
import { confirmOverlay } from './widgets/confirm.tsx';
import { formOverlay } from './widgets/form.tsx';
import { promptOverlay } from './widgets/prompt.tsx';

interface Meta {
  readonly description?: string;
  readonly pick?: string;
}
/** What the record says of an argument. */
const metaOf = (command: Command, name: string): Meta =>
  (command.args.shape[name] as { meta?: () => Meta | undefined } | undefined)?.meta?.() ?? {};

/** A message with its hint, safe to draw. */
export const problemText = (error: unknown): string => {
  const hint = error instanceof RalphError && error.hint !== undefined ? ` – ${error.hint}` : '';
  return sanitize(`${error instanceof Error ? error.message : String(error)}${hint}`);
};

/** Lets a person choose one of the model profiles, which are read while the box is there already. */
export const pickProfile = async (
  screen: Screen,
  title: string,
  of: { readonly current: readonly string[]; readonly run?: string },
): Promise<string | undefined> => {
  const closed = screen.open(pickerOverlay, beginPicker(title, of.current));
  const change = (to: (state: PickerState) => PickerState): void => changeBox(screen, pickerOverlay, to);
  screen.face.profiles(of.run).then(
    (profiles) => change((state) => withProfiles(state, profiles)),
    (error: unknown) => change((state) => ({ ...state, problem: problemText(error) })),
  );
  const chosen = await closed;
  return typeof chosen === 'string' ? chosen : undefined;
};

const hintFor = (command: Command, runs: readonly RunInfo[]): string | undefined => {
  if (command.group !== 'Steer') return undefined;
  const who = runs.length > 1 ? 'each of these runs' : 'the run';
  return `Sent as a control: ${who} says when it was taken.`;
};

/** Asks which of a few answers it is. */
export const chooserFor =
  (screen: Screen): NonNullable<CommandContext['choose']> =>
  async (choice) => {
    const key = await screen.open(chooseOverlay, { choice });
    return typeof key === 'string' ? key : undefined;
  };

/** Asks by boxes for what a command needs; `runs` are those it is about. */
export const askerFor = (screen: Screen, runs: readonly RunInfo[]): Asker => ({
  confirm: async (question) =>
    (await screen.open(confirmOverlay, { question, runs: runs.map(runLine) })) === true,
  value: async (command, name) => {
    const { description = name, pick } = metaOf(command, name);
    if (pick === 'profile') {
      const current = [...new Set(runs.map((run) => run.state.profile))];
      const [first] = runs;
      return pickProfile(screen, command.title, { current, ...(first && { run: first.id }) });
    }
    const hint = hintFor(command, runs);
    const asked = {
      title: command.title,
      label: description,
      runs: runs.map(runLine),
      ...(hint !== undefined && { hint }),
    };
    const text = await screen.open(promptOverlay, promptOverlay.begin(asked));
    return typeof text === 'string' ? text : undefined;
  },
  form: async (command, form) => {
    const filled = await screen.open(formOverlay, formOverlay.begin(command.title, form, runs.map(runLine)));
    return filled as Readonly<Record<string, string>> | undefined;
  },
});
