import type { Command } from '../commands/define.ts';
import { confirmOverlay } from './widgets/confirm.tsx';
import { promptOverlay } from './widgets/prompt.tsx';
import { collectOutput, invoke, type Asker, type Outcome } from './invoke.ts';
import { pendingFor } from './pending.ts';
import type { Screen } from './screen-types.ts';
import { disabledReason } from './available.ts';

const askerFor = (screen: Screen): Asker => ({
  confirm: async (question) => (await screen.open(confirmOverlay, { question })) === true,
  value: async (command, name) => {
    const described = (command.args.shape[name] as { readonly description?: string } | undefined)
      ?.description;
    const text = await screen.open(promptOverlay, promptOverlay.begin(command.title, described ?? name));
    return typeof text === 'string' ? text : undefined;
  },
});

const show = (screen: Screen, outcome: Outcome): void => {
  if (outcome.kind === 'left') return;
  if (outcome.kind === 'failed') {
    screen.toast([outcome.message, outcome.hint].filter(Boolean).join(' – '), 'bad');
    return;
  }
  const text = outcome.lines.filter((line) => line.trim() !== '');
  if (text.length > 0) screen.toast(text.slice(0, 2).join('  '), outcome.ok ? 'good' : 'warn');
};

let orders = 0;

/** Carries out a command of a key or of the palette, and shows on the runs that it is on its way. */
export const runCommand = async (
  screen: Screen,
  command: Command,
  args: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const context = screen.context();
  const refused = disabledReason(command, context);
  if (refused !== undefined) return screen.toast(`${command.title}: ${refused}`, 'warn');
  const { progress } = command;
  const key = (orders += 1);
  const asker = askerFor(screen);
  const marked: Command = {
    ...command,
    run: async (ctx, values) => {
      if (progress !== undefined) {
        const made = (context.ui?.targets ?? []).map((run) => pendingFor(key, run, progress));
        screen.setPending((before) => [...before, ...made]);
      }
      try {
        return await command.run(ctx, values);
      } finally {
        screen.setPending((before) =>
          before.map((order) => (order.key === key ? { ...order, acknowledged: true } : order)),
        );
      }
    },
  };
  const outcome = await invoke(
    { command: marked, context, args },
    asker,
    collectOutput(screen.frame().size.width),
  );
  show(screen, outcome);
};
