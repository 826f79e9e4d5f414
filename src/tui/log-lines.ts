import { linesOf, type LogLine } from '../domain/entry-text.ts';
import type { CommandPurpose, Entry } from '../domain/event.ts';
import { markInvisible, singleLine } from '../domain/terminal.ts';

/** What one filters a log by. */
export const logGroups = [
  'run',
  'iteration',
  'model',
  'command',
  'checks',
  'loop',
  'control',
  'git',
  'sandbox',
] as const;
export type LogGroup = (typeof logGroups)[number];

/** A line of a run's log with what the panes filter by. */
export interface BufferLine extends LogLine {
  readonly seq: number;
  readonly type: Entry['type'];
  readonly group: LogGroup;
  readonly stream: 'stdout' | 'stderr' | undefined;
  /** The iteration it belongs to; 0 before the first, undefined where the log was entered in its middle. */
  readonly iteration: number | undefined;
}

const groups: Readonly<Record<Entry['type'], LogGroup>> = {
  'run.created': 'run',
  'run.status': 'run',
  'run.recovered': 'run',
  'runner.started': 'run',
  warning: 'run',
  'spec.changed': 'control',
  'control.taken': 'control',
  'diagnose.applied': 'control',
  'sandbox.ready': 'sandbox',
  'sandbox.lost': 'sandbox',
  'gate.called': 'model',
  'iteration.started': 'iteration',
  'iteration.ended': 'iteration',
  'prompt.built': 'model',
  'model.requested': 'model',
  'model.answered': 'model',
  'model.failed': 'model',
  'model.changed': 'model',
  'answer.taken': 'model',
  'answer.invalid': 'model',
  'agent.said': 'model',
  'agent.tool': 'command',
  'agent.ended': 'model',
  'action.started': 'command',
  'action.ended': 'command',
  'command.started': 'command',
  'command.output': 'command',
  'command.ended': 'command',
  'box.changed': 'checks',
  'loop.scored': 'loop',
  gutter: 'loop',
  mitigation: 'loop',
  'budget.warning': 'loop',
  'diagnose.report': 'loop',
  'state.restored': 'git',
  diff: 'git',
  'branch.pushed': 'git',
  'branch.moved': 'git',
  'branch.settled': 'git',
  'base.changed': 'git',
  'push.failed': 'git',
  'phase.ended': 'checks',
  'pr.updated': 'git',
  'issue.comment': 'git',
  'issue.marked': 'git',
  'run.reopened': 'run',
  'overlap.found': 'git',
  'pr.commented': 'git',
  'checks.seen': 'checks',
};

/** What the lines before tell of those that follow. */
export interface LogContext {
  readonly iteration: number | undefined;
  /** The command that was started last. */
  readonly command: { readonly key: string; readonly purpose: CommandPurpose } | undefined;
}
export const noContext: LogContext = { iteration: undefined, command: undefined };

/** One entry that is not as its type says must not take the screen down. */
const textsOf = (entry: Entry): readonly LogLine[] => {
  try {
    return linesOf(entry);
  } catch {
    return [{ at: entry.at, kind: 'damaged', text: markInvisible(singleLine(entry.type, 80)), tone: 'bad' }];
  }
};

const groupOf = (entry: Entry, { command }: LogContext): LogGroup => {
  const isCommand = entry.type === 'command.output' || entry.type === 'command.ended';
  const purpose =
    entry.type === 'command.started'
      ? entry.purpose
      : isCommand && command?.key === entry.key
        ? command.purpose
        : undefined;
  if (purpose === 'test' || purpose === 'verify') return 'checks';
  // Entries of a later version may have other types.
  return Object.hasOwn(groups, entry.type) ? groups[entry.type] : 'run';
};

const contextAt = (entry: Entry, before: LogContext): LogContext => {
  switch (entry.type) {
    case 'iteration.started':
      return { ...before, iteration: entry.n };
    case 'command.started':
      return { ...before, command: { key: entry.key, purpose: entry.purpose } };
    case 'iteration.ended':
    case 'prompt.built':
    case 'answer.taken':
    case 'agent.said':
    case 'agent.tool':
    case 'agent.ended':
    case 'action.started':
      return before.iteration === entry.n ? before : { ...before, iteration: entry.n };
    default:
      return before;
  }
};

export interface MadeLines {
  readonly lines: BufferLine[];
  readonly context: LogContext;
}
/** Entries as lines, safe to draw; tabs are four spaces, so that columns are what they seem. */
export const linesOfAll = (entries: readonly Entry[], before: LogContext): MadeLines => {
  const lines: BufferLine[] = [];
  let context = entries[0]?.seq === 1 ? { ...noContext, iteration: 0 } : before;
  for (const entry of entries) {
    context = contextAt(entry, context);
    const group = groupOf(entry, context);
    const { iteration } = context;
    const stream = entry.type === 'command.output' ? entry.stream : undefined;
    for (const { at, kind, text, tone } of textsOf(entry)) {
      const shown = text.includes('\t') ? text.replaceAll('\t', '    ') : text;
      lines.push({ at, kind, text: shown, tone, seq: entry.seq, type: entry.type, group, stream, iteration });
    }
  }
  return { lines, context };
};

const isOfCommand = ({ type }: BufferLine): boolean => type === 'command.output' || type === 'command.ended';

/** Tells lines that were read without what stands before them what that says of them; true when any changed. */
export const tellLines = (lines: BufferLine[], from: number, context: LogContext): boolean => {
  const { iteration, command } = context;
  const isCheck = command?.purpose === 'test' || command?.purpose === 'verify';
  let inCommand = isCheck;
  let at = from;
  for (; at < lines.length; at += 1) {
    const line = lines[at]!;
    inCommand &&= isOfCommand(line);
    const learns = line.iteration === undefined && iteration !== undefined;
    if (!learns && !inCommand) break;
    lines[at] = {
      ...line,
      iteration: line.iteration ?? iteration,
      group: inCommand ? 'checks' : line.group,
    };
  }
  return at > from;
};
