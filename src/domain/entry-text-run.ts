import { countdown, untilWords } from './countdown.ts';
import { joined, seconds, type Render, type Tone } from './entry-line.ts';

const toneOfStatus = (status: string): Tone => {
  if (status === 'succeeded') return 'good';
  if (status === 'failed') return 'bad';
  return status === 'paused' || status === 'waiting' || status === 'stopped' ? 'warn' : 'plain';
};

/** With what was left when it was entered: that is read at a glance. */
const untilText = (entry: {
  readonly until?: string;
  readonly detail?: string;
  readonly at: string;
}): string => [countdown(entry.until, Date.parse(entry.at)), untilWords(entry)].filter(Boolean).join(', ');

/** What happens to a run as a whole: its status, sandbox, controls, gate and issue. */
export const runLines: Pick<Render, RunType> = {
  'run.created': (e) => ({
    kind: 'run',
    text: joined(
      e.task,
      e.title,
      `${e.backend}${e.isolated ? '' : ' (no isolation)'}`,
      `branch ${e.branch}`,
      e.profile,
    ),
  }),
  'run.status': (e) => ({
    kind: 'status',
    text: joined(e.status, e.reason, e.detail, untilText(e)),
    tone: toneOfStatus(e.status),
  }),
  'run.recovered': (e) => ({ kind: 'recovered', text: joined(e.how, e.detail), tone: 'warn' }),
  'runner.started': (e) => ({ kind: 'runner', text: joined(e.mode, `pid ${e.pid}`, e.version), tone: 'dim' }),
  'spec.changed': (e) => ({ kind: 'spec', text: `changed by ${e.by}`, tone: 'warn' }),
  'sandbox.ready': (e) => ({ kind: 'sandbox', text: joined(e.how, e.id, e.image), tone: 'dim' }),
  'sandbox.lost': (e) => ({ kind: 'sandbox', text: `lost · ${e.detail}`, tone: 'bad' }),
  'control.taken': (e) => ({
    kind: 'control',
    text: joined(`${e.order} by ${e.by}`, e.outcome, e.detail),
    tone: e.outcome === 'refused' || e.failed ? 'bad' : 'good',
  }),
  'gate.called': (e) => ({
    kind: 'gate',
    text: joined(`${e.method} ${e.host}${e.path}`, String(e.status), e.refused, seconds(e.ms)),
    tone: e.status >= 400 ? 'bad' : 'dim',
  }),
  'issue.comment': (e) =>
    e.comment === undefined ? undefined : { kind: 'issue', text: 'progress is told there', tone: 'dim' },
  'issue.marked': (e) => ({ kind: 'issue', text: joined('shows as done', e.boxes.join(' ')), tone: 'dim' }),
  'run.reopened': (e) => ({ kind: 'reopened', text: joined(`by ${e.by}`, e.detail), tone: 'warn' }),
  warning: (e) => ({
    kind: 'warning',
    text: e.text.startsWith(e.about) ? e.text : `${e.about}: ${e.text}`,
    tone: 'warn',
  }),
};
type RunType =
  | 'run.created'
  | 'run.status'
  | 'run.recovered'
  | 'runner.started'
  | 'spec.changed'
  | 'sandbox.ready'
  | 'sandbox.lost'
  | 'control.taken'
  | 'gate.called'
  | 'issue.comment'
  | 'issue.marked'
  | 'run.reopened'
  | 'warning';
