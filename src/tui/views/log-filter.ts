import { logGroups, type BufferLine, type LogGroup } from '../log-lines.ts';

export const logStreams = ['both', 'stdout', 'stderr'] as const;
export const logKinds = ['all', ...logGroups] as const;

/** Which lines of a log are shown, or looked for. */
export interface LogFilter {
  readonly group: LogGroup | 'all';
  readonly stream: (typeof logStreams)[number];
  readonly text: string;
}

/** The same for filters that let the same lines pass. */
export const keyOf = ({ group, stream, text }: LogFilter): string =>
  `${group} ${stream} ${text.toLowerCase()}`;

let last: { readonly text: string; readonly pattern: RegExp } | undefined;
/** A text without regard to case; places in it are those of the text itself, which lower case would move. */
export const patternOf = (text: string): RegExp => {
  if (last?.text !== text)
    last = { text, pattern: new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'giu') };
  last.pattern.lastIndex = 0;
  return last.pattern;
};

/** Whether a line passes. */
export const passes = (filter: LogFilter): ((line: BufferLine) => boolean) => {
  const { group, stream, text } = filter;
  const fits = ({ kind, text: said }: BufferLine): boolean => {
    const pattern = patternOf(text);
    if (pattern.test(said)) return true;
    pattern.lastIndex = 0;
    return kind !== '' && pattern.test(kind);
  };
  return (line) =>
    (group === 'all' || line.group === group) &&
    (stream === 'both' || line.stream === stream) &&
    (text === '' || fits(line));
};
