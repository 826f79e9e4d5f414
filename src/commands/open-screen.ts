import { z } from 'zod';
import { themeSettings } from '../domain/settings.ts';
import { selectRuns } from '../domain/select.ts';
import { RalphError } from '../domain/error.ts';
import { defineCommand } from './define.ts';
import { selectable } from './selectable.ts';

export const openScreen = defineCommand({
  id: 'fleet.screen',
  title: 'Watch and steer the fleet on the full screen; closing it stops no run',
  group: 'Look',
  args: z.object({
    run: z
      .string()
      .optional()
      .describe('a run to open, by its id or first characters')
      .meta({ value: 'RUN' }),
    inline: z.boolean().default(false).describe('stay on the main screen, for serial-like terminals'),
    readOnly: z.boolean().default(false).describe('look only: no key changes a run'),
    theme: z.enum(themeSettings).optional().describe('colours, instead of the setting theme'),
    filter: z
      .string()
      .default('')
      .describe('runs that fit, as in status=running,task~login')
      .meta({ value: 'TERMS' }),
  }),
  cli: { path: 'tui', positional: ['run'] },
  cliOnly: true,
  looksOnly: true,
  examples: ['tui --read-only', 'tui 7f3a', 'tui --filter status=paused --theme light'],
  run: async ({ app, out }, { run, inline, readOnly, theme, filter }) => {
    if (!app.hasTerminal || out.asJson)
      throw new RalphError('usage', 'the screen needs a terminal for its input and its output', {
        hint: 'ralph top, ralph ls and ralph fleet export are for scripts; with ssh, add -t.',
      });
    const [wanted] =
      run === undefined ? [] : selectRuns(selectable(app.runs()), { runs: [run], all: false, filter: '' });
    return app.openScreen({
      inline,
      readOnly,
      filter,
      ...(theme !== undefined && { theme }),
      ...(wanted !== undefined && { run: wanted.info.id }),
    });
  },
});
