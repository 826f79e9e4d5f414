import type { ScreenAction } from '../commands/screen-action.ts';
import { RalphError } from '../domain/error.ts';
import type { Keypress } from './keys.ts';
import type { AnyPane, PaneFacts } from './pane.ts';
import { disabledReason } from './available.ts';
import type { Screen, ScreenDoors } from './screen-types.ts';
import { typeInto, type TextField } from './text-field.ts';
import { withFilter, type UiState } from './ui-state.ts';

/** The open tab, with its state and what it knows. */
export interface OpenPane {
  readonly pane: AnyPane;
  readonly state: unknown;
  readonly facts: PaneFacts;
}

const messageOf = (error: unknown): string => {
  const hint = error instanceof RalphError && error.hint !== undefined ? `: ${error.hint}` : '';
  return error instanceof Error ? `${error.message}${hint}` : String(error);
};

const copyFrom = (screen: Screen, doors: ScreenDoors, open: OpenPane): void => {
  const text = open.pane.copy?.(open.state, open.facts);
  if (text === undefined || text === '') return screen.toast('nothing to copy here', 'warn');
  doors.copy(text);
  screen.toast(`copied ${text.length} characters, if the terminal allows it (OSC 52)`, 'plain');
};

const exportParts = async (screen: Screen, name: string, parts: Iterable<string>): Promise<void> => {
  screen.toast(`writing ${name}…`, 'plain');
  try {
    screen.toast(`written: ${await screen.face.exportParts(name, parts)}`, 'good');
  } catch (error) {
    screen.toast(messageOf(error), 'bad');
  }
};

const exportFrom = (screen: Screen, open: OpenPane): void => {
  const large = open.pane.exportParts?.(open.state, open.facts);
  if (large !== undefined) return void exportParts(screen, large.name, large.parts);
  const made = open.pane.export?.(open.state, open.facts);
  if (made === undefined) return screen.toast('nothing to write here', 'warn');
  try {
    screen.toast(`written: ${screen.face.exportText(made.name, made.text)}`, 'good');
  } catch (error) {
    screen.toast(messageOf(error), 'bad');
  }
};

/** What goes beyond the state of the screen; true when it was that. */
export const actOutside = (
  { screen, doors, open }: { screen: Screen; doors: ScreenDoors; open: OpenPane | undefined },
  action: ScreenAction,
): boolean => {
  switch (action.kind) {
    case 'quit':
    case 'suspend':
    case 'redraw':
      doors[action.kind]();
      return true;
    case 'overlay':
      doors.openOverlay(screen, action);
      return true;
    case 'copy':
      if (open) copyFrom(screen, doors, open);
      return true;
    case 'export':
      if (open) exportFrom(screen, open);
      return true;
    default:
      return false;
  }
};

const withField = (ui: UiState, field: TextField): UiState => {
  if (ui.field === undefined) return ui;
  const typed = { ...ui, field: { ...ui.field, field } };
  return ui.field.kind === 'filter' ? withFilter(typed, field.text) : typed;
};

const submitField = (screen: Screen, { kind, field }: NonNullable<UiState['field']>): void => {
  screen.update((ui) => ({ ...ui, field: undefined }));
  if (kind === 'search') screen.act({ kind: 'search', text: field.text });
  if (kind !== 'jump') return;
  const iteration = Number(field.text);
  if (Number.isInteger(iteration) && iteration > 0) screen.act({ kind: 'jump', iteration });
  else if (field.text !== '') screen.toast(`${field.text} is no number of an iteration`, 'warn');
};

const pressField = (screen: Screen, open: NonNullable<UiState['field']>, key: Keypress): void => {
  if (key.chord === 'enter') return submitField(screen, open);
  if (key.chord === 'esc' || key.chord === 'ctrl+c') {
    if (open.kind === 'search') screen.act({ kind: 'search', text: '' });
    return screen.update((ui) => ({
      ...(open.kind === 'filter' ? withFilter(ui, '') : ui),
      field: undefined,
    }));
  }
  screen.update((ui) => withField(ui, typeInto(open.field, key)));
};

const pressOverlay = (screen: Screen, ui: UiState, key: Keypress): void => {
  const top = ui.overlays.at(-1)!;
  const step = top.overlay.press(top.state, key, screen.frame().size);
  screen.update((now) => ({
    ...now,
    overlays:
      'close' in step
        ? now.overlays.slice(0, -1)
        : [...now.overlays.slice(0, -1), { ...top, state: step.state }],
  }));
  if ('close' in step) top.resolve(step.close);
  else if (step.wish !== undefined) top.onWish?.(step.wish);
};

const pressCommand = (screen: Screen, doors: ScreenDoors, key: Keypress): void => {
  const { ui } = screen.frame();
  const place =
    ui.screen === 'fleet' ? (['fleet', 'everywhere'] as const) : ([ui.tab, 'run', 'everywhere'] as const);
  const context = screen.context();
  const candidates = screen.keymap.find(place, key.chord);
  const command = candidates.find((one) => disabledReason(one, context) === undefined);
  if (command === undefined) {
    const [first] = candidates;
    if (first) screen.toast(`${first.title}: ${disabledReason(first, context) ?? ''}`, 'warn');
    return;
  }
  const takesRuns = 'runs' in command.args.shape;
  const runs = context.ui?.targets.map((run) => run.id) ?? [];
  doors.run(screen, command, { ...(takesRuns && { runs }), ...command.keys?.args });
};

/** One key: to the box on top, else to the field that is open, else to the command that has it. */
export const pressKey = (screen: Screen, doors: ScreenDoors, key: Keypress): void => {
  const { ui } = screen.frame();
  if (ui.overlays.length > 0) pressOverlay(screen, ui, key);
  else if (ui.field !== undefined) pressField(screen, ui.field, key);
  else pressCommand(screen, doors, key);
};
