import { z } from 'zod';
import { defineCommand, type Command, type CommandContext, type Where } from './define.ts';
import { runTabs, type ScreenAction, type Step } from './screen-action.ts';

interface Binding {
  readonly id: string;
  readonly title: string;
  readonly chords: readonly string[];
  readonly where: Where | readonly Where[];
  readonly footer?: string;
  readonly action: ScreenAction;
  disabledReason?(context: CommandContext): string | undefined;
}

/** A key that moves the screen and nothing else. */
const binding = ({ id, title, chords, where, footer, action, disabledReason }: Binding): Command =>
  defineCommand({
    id: `screen.${id}`,
    title,
    group: 'Screen',
    args: z.object({}),
    keys: { chords, where, ...(footer !== undefined && { footer }) },
    looksOnly: true,
    ...(disabledReason && { disabledReason }),
    run: ({ ui }) => {
      ui?.act(action);
      return Promise.resolve();
    },
  });

const steps: readonly (readonly [Step, string, readonly string[]])[] = [
  ['up', 'Up', ['k', 'up']],
  ['down', 'Down', ['j', 'down']],
  ['half-up', 'Half a page up', ['ctrl+u']],
  ['half-down', 'Half a page down', ['ctrl+d']],
  ['page-up', 'A page up', ['pgup', 'ctrl+b']],
  ['page-down', 'A page down', ['pgdn', 'ctrl+f']],
  ['bottom', 'To the end', ['G', 'end']],
];
/** Tabs where `g` goes to the top; on the others it adds a sign to the guardrails. */
const scrolled: readonly Where[] = ['fleet', 'logs', 'diff', 'spec', 'notes', 'iterations', 'diagnostics'];
const searched: readonly Where[] = [
  'logs',
  'diff',
  'spec',
  'guardrails',
  'notes',
  'iterations',
  'diagnostics',
];
const notSearching = ({ ui }: CommandContext): string | undefined =>
  ui?.isSearching ? undefined : 'nothing is searched for: / searches';

const motion: readonly Command[] = [
  ...steps.map(([step, title, chords]) =>
    binding({ id: step, title, chords, where: 'everywhere', action: { kind: 'move', step } }),
  ),
  binding({
    id: 'top',
    title: 'To the beginning',
    chords: ['g', 'home'],
    where: scrolled,
    action: { kind: 'move', step: 'top' },
  }),
  binding({
    id: 'left',
    title: 'To the left',
    chords: ['h', 'left'],
    where: 'run',
    action: { kind: 'side', by: -1 },
  }),
  binding({
    id: 'right',
    title: 'To the right',
    chords: ['right'],
    where: 'run',
    action: { kind: 'side', by: 1 },
  }),
  binding({
    id: 'enter',
    title: 'Open what is under the cursor',
    chords: ['enter'],
    where: 'run',
    action: { kind: 'enter' },
  }),
  binding({
    id: 'search',
    title: 'Search',
    chords: ['/'],
    where: searched,
    footer: 'search',
    action: { kind: 'field', field: 'search' },
  }),
  binding({
    id: 'next-match',
    title: 'Next match',
    chords: ['n'],
    where: searched,
    action: { kind: 'search-step', by: 1 },
    disabledReason: notSearching,
  }),
  binding({
    id: 'previous-match',
    title: 'Previous match',
    chords: ['N'],
    where: searched,
    action: { kind: 'search-step', by: -1 },
    disabledReason: notSearching,
  }),
];

const fleetKeys: readonly Command[] = [
  binding({
    id: 'open',
    title: 'Open the run',
    chords: ['enter'],
    where: 'fleet',
    footer: 'open',
    action: { kind: 'open' },
  }),
  binding({
    id: 'filter',
    title: 'Filter, as in status=running,loop>=0.7, or by a word',
    chords: ['/'],
    where: 'fleet',
    footer: 'filter',
    action: { kind: 'field', field: 'filter' },
  }),
  binding({ id: 'select', title: 'Select', chords: ['space'], where: 'fleet', action: { kind: 'select' } }),
  binding({
    id: 'select-all',
    title: 'Select all that are listed, or none',
    chords: ['A'],
    where: 'fleet',
    action: { kind: 'select-all' },
  }),
  binding({
    id: 'sort',
    title: 'Next order of the list',
    chords: ['s'],
    where: 'fleet',
    action: { kind: 'sort' },
  }),
  binding({
    id: 'group',
    title: 'Group by task or backend',
    chords: ['b'],
    where: 'fleet',
    action: { kind: 'group' },
  }),
  binding({
    id: 'preview',
    title: 'Show or hide the log below',
    chords: ['z'],
    where: 'fleet',
    action: { kind: 'preview' },
  }),
  binding({
    id: 'new-run',
    title: 'Launch a new run',
    chords: ['N'],
    where: 'fleet',
    footer: 'new',
    action: { kind: 'overlay', overlay: 'new-run' },
    disabledReason: ({ ui }) => (ui?.readOnly ? 'the screen is read-only' : undefined),
  }),
];

const paneKeys: readonly Command[] = [
  ...runTabs.map((tab, i) =>
    binding({
      id: `tab-${tab}`,
      title: `Tab ${tab}`,
      chords: [String(i + 1)],
      where: 'run',
      action: { kind: 'tab', to: tab },
    }),
  ),
  binding({
    id: 'next-tab',
    title: 'Next tab',
    chords: ['tab'],
    where: 'run',
    action: { kind: 'tab', to: 1 },
  }),
  binding({
    id: 'previous-tab',
    title: 'Previous tab',
    chords: ['shift+tab'],
    where: 'run',
    action: { kind: 'tab', to: -1 },
  }),
  binding({
    id: 'follow',
    title: 'Follow the end of the log, or hold',
    chords: ['f'],
    where: 'logs',
    footer: 'follow',
    action: { kind: 'toggle', what: 'follow' },
  }),
  binding({
    id: 'kind',
    title: 'Next kind of entries',
    chords: ['t'],
    where: 'logs',
    footer: 'kind',
    action: { kind: 'toggle', what: 'kind' },
  }),
  binding({
    id: 'stream',
    title: 'Output of both streams, stdout or stderr',
    chords: ['s'],
    where: 'logs',
    action: { kind: 'toggle', what: 'stream' },
  }),
  binding({
    id: 'wrap',
    title: 'Wrap long lines',
    chords: ['w'],
    where: ['logs', 'diff', 'iterations', 'spec', 'notes', 'diagnostics', 'guardrails'],
    action: { kind: 'toggle', what: 'wrap' },
  }),
  binding({
    id: 'jump',
    title: 'Jump to an iteration',
    chords: ['i'],
    where: ['logs', 'diff', 'iterations'],
    action: { kind: 'field', field: 'jump' },
  }),
  binding({
    id: 'source',
    title: 'Current diff, or that of an iteration',
    chords: ['t'],
    where: 'diff',
    footer: 'which diff',
    action: { kind: 'toggle', what: 'source' },
  }),
  binding({ id: 'copy', title: 'Copy', chords: ['y'], where: 'run', action: { kind: 'copy' } }),
  binding({
    id: 'export',
    title: 'Write to a file',
    chords: ['E'],
    where: 'run',
    action: { kind: 'export' },
  }),
];

const shell: readonly Command[] = [
  binding({
    id: 'palette',
    title: 'Any command, as on the command line',
    chords: [':'],
    where: 'everywhere',
    footer: 'command',
    action: { kind: 'overlay', overlay: 'palette' },
  }),
  binding({
    id: 'help',
    title: 'Help',
    chords: ['?'],
    where: 'everywhere',
    footer: 'help',
    action: { kind: 'overlay', overlay: 'help' },
  }),
  binding({
    id: 'output',
    title: 'What commands have said',
    chords: ['!'],
    where: 'everywhere',
    action: { kind: 'overlay', overlay: 'output' },
  }),
  binding({ id: 'back', title: 'Back', chords: ['esc'], where: 'everywhere', action: { kind: 'back' } }),
  binding({
    id: 'mouse',
    title: 'Mouse on or off',
    chords: ['M'],
    where: 'everywhere',
    action: { kind: 'mouse' },
  }),
  binding({
    id: 'redraw',
    title: 'Draw the screen anew',
    chords: ['ctrl+l'],
    where: 'everywhere',
    action: { kind: 'redraw' },
  }),
  binding({
    id: 'suspend',
    title: 'To the shell; fg comes back',
    chords: ['ctrl+z'],
    where: 'everywhere',
    action: { kind: 'suspend' },
  }),
  binding({
    id: 'quit',
    title: 'Close the screen; the runs go on',
    chords: ['q', 'ctrl+c'],
    where: 'everywhere',
    action: { kind: 'quit' },
  }),
];

/** Keys of the screen that no command line has; order is the order of the help overlay. */
export const screenCommands: readonly Command[] = [...motion, ...fleetKeys, ...paneKeys, ...shell];
