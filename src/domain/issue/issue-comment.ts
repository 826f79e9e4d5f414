import { code, harmless } from '../pull-request.ts';
import type { RunState } from '../run-state.ts';
import { singleLine } from '../terminal.ts';

const MAX_BOXES = 200;
const MAX_LINE = 300;
const FOUND = /^<!-- ralph:issue ([a-z0-9]{6,64})( claim)? -->/;

/** Which run's comment it is, and whether it is not yet more than a claim; undefined for anybody else's. */
export const readMarker = (
  body: string,
): { readonly marker: string; readonly isClaim: boolean } | undefined => {
  const [, marker, claim] = FOUND.exec(body) ?? [];
  return marker === undefined ? undefined : { marker, isClaim: claim !== undefined };
};

/** The comment of a poller that wants the issue; the run makes its progress of it. */
export const claimComment = (marker: string): string =>
  `<!-- ralph:issue ${marker} claim -->\n**Ralph** takes this up.\n`;

const headline = ({ status, reason }: RunState): string => {
  switch (status) {
    case 'succeeded':
      return 'is done: every box is verified, and pushed';
    case 'failed':
      return `has given up${reason ? ` (${reason})` : ''}`;
    case 'stopped':
      return 'was stopped';
    case 'paused':
      return `is paused and waits for a human${reason && reason !== 'human' ? ` (${reason})` : ''}`;
    case 'queued':
    case 'starting':
    case 'running':
    case 'waiting':
      return 'works on this';
  }
};

/** The progress of a run, as its one comment on the issue says it. The same state gives the same text. */
export const progressComment = (run: RunState, marker: string): string => {
  const boxes = Object.entries(run.boxes);
  const done = boxes.filter(([, box]) => box.checked).length;
  const shown = boxes.slice(0, MAX_BOXES).map(([id, { text, checked }]) => {
    return `- [${checked ? 'x' : ' '}] ${harmless(singleLine(`${id} ${text}`, MAX_LINE))}`;
  });
  const more = boxes.length - shown.length;
  return [
    `<!-- ralph:issue ${marker} -->`,
    `**Ralph** ${headline(run)}: ${done} of ${boxes.length} boxes verified by the runner.`,
    '',
    ...shown,
    ...(more > 0 ? [`… and ${more} more`] : []),
    '',
    `Run ${code(run.id)}, branch ${code(run.branch)}${run.pr ? `, pull request ${run.pr.url}` : ''}`,
    '',
  ].join('\n');
};
