import { markInvisible, sanitize, singleLine } from './terminal.ts';

const MAX_DETAIL = 4000;
const MAX_LOG = 12_000;
const LEAST_FENCE = 3;

/** A block of text as it is: nothing in it ends the block, mentions anybody or closes an issue. */
const block = (text: string, max: number): string => {
  const safe = markInvisible(sanitize(text)).slice(-max).trim().toWellFormed();
  const longest = Math.max(LEAST_FENCE - 1, ...(safe.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${safe}\n${fence}`;
};

/** What nobody sees, and what a comment is found by. */
export const commentMarker = (runId: string, seq: number): string => `<!-- ralph:comment ${runId} ${seq} -->`;

/** What a pull request is told when its run needs a human or has failed. Texts are redacted by the caller. */
export const pullComment = (input: {
  readonly runId: string;
  readonly status: 'paused' | 'failed';
  readonly reason: string;
  readonly detail: string;
  readonly log: string;
  readonly marker: string;
}): string => {
  const { runId, status, reason, detail, log, marker } = input;
  const says = status === 'paused' ? 'is paused for a human' : 'has failed';
  const next = status === 'paused' ? `\n\nTo go on: \`ralph resume ${runId}\`` : '';
  return [
    `**Ralph** run \`${runId}\` ${says}: ${singleLine(reason, 60)}`,
    ...(detail === '' ? [] : [block(detail, MAX_DETAIL)]),
    ...(log === ''
      ? []
      : [`<details><summary>The end of its log</summary>\n\n${block(log, MAX_LOG)}\n\n</details>`]),
  ]
    .join('\n\n')
    .concat(`${next}\n\n${marker}`);
};
