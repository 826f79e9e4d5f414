import { Box } from 'ink';
import { render } from 'ink-testing-library';
import { describe, expect, it } from 'vitest';
import { fieldOf } from '../../../src/tui/text-field.ts';
import type { Toast, UiState } from '../../../src/tui/ui-state.ts';
import { Footer } from '../../../src/tui/views/footer.tsx';
import { FleetView } from '../../../src/tui/views/fleet.tsx';
import { fleetFrame, runInfo } from '../../fakes/fleet-frame.ts';

const toast = (id: number, text: string, tone: Toast['tone']): Toast => ({
  id,
  text,
  tone,
  until: Number.MAX_VALUE,
});
const toasts = [
  toast(1, '7f3a  pause acknowledged', 'good'),
  toast(2, 'the supervisor died', 'bad'),
  toast(3, 'note: the run has succeeded', 'warn'),
];
const lastLines = (ui: Partial<UiState>, width: number): string => {
  process.env['COLUMNS'] = '300';
  process.env['LINES'] = '100';
  const frame = fleetFrame({
    runs: [runInfo('7f3a')],
    size: { width, height: 16 },
    ui: { ...ui, preview: false },
  });
  const { lastFrame, unmount } = render(
    <Box width={width} height={16} flexDirection="column">
      <FleetView frame={frame} />
      <Footer frame={frame} />
    </Box>,
  );
  const lines = (lastFrame() ?? '').split('\n').slice(-4);
  unmount();
  return lines.map((line) => line.trimEnd()).join('\n');
};

describe('the bottom line', () => {
  it('keeps the keys in sight and shows messages above them', () => {
    expect(lastLines({ toasts }, 80)).toMatchInlineSnapshot(`
      " ✓ 7f3a  pause acknowledged
       ✗ the supervisor died
       ! note: the run has succeeded ─────────────────────────────────────────────────
      "
    `);
    expect(lastLines({ toasts: toasts.slice(2) }, 120)).toMatchInlineSnapshot(`
      "

       ! note: the run has succeeded ─────────────────────────────────────────────────────────────────────────────────────────
      "
    `);
  });

  it('leaves the field that one types in to itself', () => {
    expect(lastLines({ toasts, field: { kind: 'filter', field: fieldOf('status='), from: '' } }, 80))
      .toMatchInlineSnapshot(`
      " ✓ 7f3a  pause acknowledged
       ✗ the supervisor died
       ! note: the run has succeeded ─────────────────────────────────────────────────
       /status="
    `);
  });
});
