import { markInvisible, sanitize, singleLine } from './terminal.ts';

export interface Remark {
  readonly id: string;
  readonly author: string;
  readonly body: string;
  readonly path?: string;
  readonly line?: number;
  readonly hunk?: string;
}

const MAX_BODY = 4000;
const MAX_HUNK_LINES = 8;
const MAX_HUNK_LINE = 200;
const PREFIX = 'pr-';

/** The id of the control that carries a remark: a remark is taken once, for a control is. */
export const remarkControl = (id: string): string => `${PREFIX}${id}`;
export const isRemarkControl = (id: string): boolean => /^pr-(?:comment|review)-\d+$/.test(id);

const cut = (text: string): string => (text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)} […]` : text);

/** Every line is quoted, so that nothing in it stands as a heading, a note or a box of ours. */
const quoted = (text: string): readonly string[] =>
  markInvisible(sanitize(text))
    .trim()
    .split('\n')
    .map((line) => `> ${line}`.trimEnd());

const hunkLines = (hunk: string | undefined): readonly string[] => {
  if (hunk === undefined || hunk.trim() === '') return [];
  const lines = sanitize(hunk).split('\n').slice(-MAX_HUNK_LINES);
  return [
    'The code it is about:',
    ...lines.map((line) => `    ${markInvisible(singleLine(line, MAX_HUNK_LINE))}`),
  ];
};

/** A remark on the pull request as a note for the coming sessions: who said it, about which place. */
export const remarkNote = (remark: Remark): string => {
  const { author, path, line } = remark;
  const name = markInvisible(singleLine(author, 60));
  const at =
    path === undefined
      ? ''
      : ` on ${markInvisible(singleLine(path, 300))}${line === undefined ? '' : `:${line}`}`;
  return [
    `Review of the pull request by ${name}${at}: see to it in this branch, where the task allows.`,
    ...quoted(cut(remark.body)),
    ...hunkLines(remark.hunk),
  ].join('\n');
};
