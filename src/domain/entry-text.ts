import type { ChecksState } from './check-report.ts';
import { count, dollars, joined, seconds, type Line, type Render, type Tone } from './entry-line.ts';
import { runLines } from './entry-text-run.ts';
import type { Entry } from './event.ts';
import { describeExit, succeeded } from './exit.ts';
import { markInvisible, sanitize, singleLine } from './terminal.ts';

export type { Tone } from './entry-line.ts';

const LONGEST = 2000;
const KIND_WIDTH = 11;

/** A scripted model is called by a whole path: its last part says enough. */
const modelName = (model: string): string =>
  model.startsWith('/') ? (model.split('/').at(-1) ?? '') : model;
/** Words of the program that do not fit the column. */
const shortKinds: Readonly<Record<string, string>> = {
  stop_success: 'stop',
  stop_failure: 'stop',
  action: 'run',
};
const shortKind = (kind: string): string =>
  Object.hasOwn(shortKinds, kind) ? (shortKinds[kind] ?? kind) : kind;
const steps: Readonly<Record<string, string>> = {
  rotate: 'fresh start with a warning',
  'fallback-model': 'another model',
  diagnose: 'diagnosis by a strong model',
  pause: 'pause for a human',
};

const checksTone: Readonly<Record<ChecksState, Tone>> = {
  green: 'good',
  red: 'bad',
  pending: 'dim',
  unknown: 'warn',
};

const modelLines: Pick<Render, ModelType> = {
  'model.requested': (e) => ({
    kind: 'model',
    text: joined(e.purpose !== 'iteration' && e.purpose, `asked ${modelName(e.model)}`),
    tone: 'dim',
  }),
  'model.answered': (e) => ({
    kind: 'model',
    text: joined(
      seconds(e.ms),
      `${count(e.usage.inputTokens, 'token')} in, ${e.usage.outputTokens.toLocaleString('en')} out`,
      dollars(e.costUsd),
      e.finish !== 'stop' && e.finish,
    ),
  }),
  'model.failed': (e) => ({
    kind: 'model',
    text: joined(e.failure, e.detail, e.retryInMs !== undefined && `again in ${seconds(e.retryInMs)}`),
    tone: 'bad',
  }),
  'model.changed': (e) => ({ kind: 'model', text: `${e.profile} from now on · by ${e.by}`, tone: 'warn' }),
  'answer.taken': (e) => ({
    kind: 'answer',
    text: joined(e.summary, count(e.actions, 'action'), e.repaired !== 'no' && `repaired by ${e.repaired}`),
  }),
  'answer.invalid': (e) => ({ kind: 'answer', text: `invalid · ${e.problem}`, tone: 'bad' }),
};
type ModelType =
  'model.requested' | 'model.answered' | 'model.failed' | 'model.changed' | 'answer.taken' | 'answer.invalid';

const workLines: Pick<Render, WorkType> = {
  // The command.started that follows says it.
  'action.started': (e) => (e.action === 'run' ? undefined : { kind: shortKind(e.action), text: e.label }),
  // A command that ran has said how it ended.
  'action.ended': (e) =>
    e.outcome !== 'refused' && /^(?:exit \d|killed|timed out|cancelled)/.test(e.detail)
      ? undefined
      : {
          kind: '',
          text: joined(e.outcome, e.detail, seconds(e.ms)),
          tone: e.outcome === 'ok' ? 'dim' : 'bad',
        },
  'command.started': (e) => ({ kind: shortKind(e.purpose), text: `$ ${e.command}`, tone: 'dim' }),
  'command.output': (e) => ({ kind: '', text: e.text, tone: e.stream === 'stderr' ? 'warn' : 'plain' }),
  'command.ended': (e) => ({
    kind: '',
    text: joined(describeExit(e.exit), seconds(e.ms)),
    tone: succeeded(e.exit) ? 'good' : 'bad',
  }),
  'box.changed': (e) => ({
    kind: 'box',
    text: joined(`[${e.checked ? 'x' : ' '}] ${e.box}`, !e.checked && 'not verified', e.reason),
    tone: e.checked ? 'good' : 'warn',
  }),
  'state.restored': (e) => ({ kind: 'restored', text: joined(e.path, e.reason), tone: 'warn' }),
  diff: (e) => ({
    kind: 'diff',
    text: e.files === 0 ? 'no change' : `${count(e.files, 'file')} +${e.added} -${e.removed}`,
  }),
};
type WorkType =
  | 'action.started'
  | 'action.ended'
  | 'command.started'
  | 'command.output'
  | 'command.ended'
  | 'box.changed'
  | 'state.restored'
  | 'diff';

const agentLines: Pick<Render, AgentType> = {
  'agent.said': (e) => ({ kind: 'agent', text: e.text }),
  'agent.tool': (e) => ({ kind: 'agent', text: joined(e.tool, e.label), tone: 'dim' }),
  'agent.ended': (e) => ({
    kind: 'agent',
    text: joined(
      `${e.agent} ended`,
      describeExit(e.exit),
      seconds(e.ms),
      e.turns !== undefined && count(e.turns, 'turn'),
      e.costUsd !== undefined && `${dollars(e.costUsd)} by its own count`,
    ),
    tone: succeeded(e.exit) ? 'dim' : 'bad',
  }),
};
type AgentType = 'agent.said' | 'agent.tool' | 'agent.ended';

const render: Render = {
  ...runLines,
  ...modelLines,
  ...agentLines,
  ...workLines,
  'iteration.started': (e) => ({ kind: 'iteration', text: joined(`${e.n} started`, e.profile) }),
  'prompt.built': (e) => ({ kind: 'prompt', text: `${(e.bytes / 1000).toFixed(1)} kB`, tone: 'dim' }),
  'loop.scored': (e) => ({
    kind: 'loop_score',
    text: joined(
      e.score.toFixed(2),
      e.score > 0 &&
        `repeated ${e.repeatedFailure.toFixed(2)}, stagnation ${e.stagnation.toFixed(2)}, thrash ${e.thrash.toFixed(2)}`,
      // The fingerprint of an error is for machines.
      ...e.evidence.map((one) => one.replace(/ #[0-9a-f]{8,64}(?=\))/, '')),
    ),
    tone: e.score >= 0.7 ? 'bad' : 'dim',
  }),
  gutter: (e) => ({
    kind: 'gutter',
    text: `going in circles: ${count(e.consecutive, 'iteration')} in a row, loop_score ${e.score.toFixed(2)}`,
    tone: 'bad',
  }),
  mitigation: (e) => ({
    kind: 'mitigation',
    text: joined(e.step, Object.hasOwn(steps, e.step) && steps[e.step], e.detail, e.profile),
    tone: 'warn',
  }),
  'budget.warning': (e) => ({ kind: 'budget', text: `${e.budget}: ${e.used} of ${e.limit}`, tone: 'warn' }),
  'diagnose.report': (e) => ({
    kind: 'diagnose',
    text: joined(e.summary, count(e.guardrails, 'guardrail'), count(e.specEdits, 'spec edit'), e.profile),
  }),
  'diagnose.applied': (e) => ({
    kind: 'diagnose',
    text: joined(`applied by ${e.by}`, e.detail),
    tone: 'good',
  }),
  'branch.pushed': (e) => ({ kind: 'push', text: `${e.branch} at ${e.sha.slice(0, 10)}`, tone: 'good' }),
  'branch.moved': (e) => ({
    kind: 'push',
    text: `${e.branch} stands at ${e.remote ?? 'nothing'}, we had pushed ${e.pushed ?? 'nothing'}`,
    tone: 'bad',
  }),
  'branch.settled': (e) => ({
    kind: 'push',
    text: joined(e.how, `goes on from ${e.headSha.slice(0, 10)}`, `kept: ${e.kept}`),
    tone: 'warn',
  }),
  'base.changed': (e) => ({
    kind: 'pr',
    text: joined(
      `goes into ${e.to} now, no longer into ${e.from}`,
      e.merged === undefined ? 'changed at the forge' : `#${e.merged} was merged`,
      e.lacks && `${e.to} lacks commits that this run is built on: the pull request shows them too`,
    ),
    tone: 'warn',
  }),
  'push.failed': (e) => ({ kind: 'push', text: joined(e.branch, e.detail), tone: 'bad' }),
  'pr.updated': (e) => ({
    kind: 'pr',
    text: joined(`#${e.number} ${e.created ? 'opened' : 'updated'}`, e.draft && 'draft', e.url),
    tone: 'good',
  }),
  'phase.ended': (e) => ({
    kind: 'phase',
    text: joined(`${e.phase} of ${e.of} ended`, 'the agent gave its promise'),
    tone: 'good',
  }),
  'overlap.found': (e) => ({
    kind: 'overlap',
    text: joined(
      `#${e.number} changes ${count(e.files.length, 'file')} of ours: ${e.files.join(', ')}`,
      e.sameLines.length > 0 && `the same lines of ${e.sameLines.join(', ')}`,
      e.url,
    ),
    tone: 'warn',
  }),
  'pr.commented': (e) => ({ kind: 'pr', text: `#${e.number} was told why`, tone: 'dim' }),
  'checks.seen': (e) => ({
    kind: 'checks',
    text: joined(
      `${e.state} at ${e.sha.slice(0, 10)}`,
      e.failed.length > 0 && `failed: ${e.failed.join(', ')}`,
      e.pending > 0 && `${e.pending} of ${e.total} not done`,
      e.note,
    ),
    tone: checksTone[e.state],
  }),
  'iteration.ended': (e) => ({
    kind: 'iteration',
    text: joined(
      `${e.n} ended`,
      seconds(e.ms),
      e.testExit && `tests ${describeExit(e.testExit)}`,
      e.headSha.slice(0, 10),
    ),
  }),
};

/** One line of a log for people: safe for a terminal, whatever the entry holds. */
export interface LogLine {
  readonly at: string;
  readonly kind: string;
  readonly text: string;
  readonly tone: Tone;
}

const textsOf = (entry: Entry, line: Line): readonly string[] => {
  if (entry.type !== 'command.output') return [markInvisible(singleLine(line.text, LONGEST))];
  const lines = sanitize(line.text).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map(
    (text) => `│ ${markInvisible(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)}`,
  );
};

/**
 * An entry as lines, without colours. None for what the entry beside it says already; an entry of a later version
 * with an unknown type shows as that type.
 */
export const linesOf = (entry: Entry): readonly LogLine[] => {
  const draw = Object.hasOwn(render, entry.type)
    ? (render[entry.type] as (entry: Entry) => Line | undefined)
    : undefined;
  const line = draw === undefined ? { kind: String(entry.type), text: '' } : draw(entry);
  if (line === undefined) return [];
  const kind = markInvisible(singleLine(line.kind, KIND_WIDTH));
  const tone = line.tone ?? 'plain';
  return textsOf(entry, line).map((text) => ({ at: entry.at, kind, text, tone }));
};

/** SGR: on and off. */
const styles: Readonly<Record<Tone, readonly [number, number] | undefined>> = {
  plain: undefined,
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  dim: [2, 22],
};
const paint = (text: string, tone: Tone, colour: boolean): string => {
  const style = styles[tone];
  return style === undefined || !colour ? text : `\u001B[${style[0]}m${text}\u001B[${style[1]}m`;
};

/** Local time of day, `12:04:31`. */
export const timeOf = (at: string): string => {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '--:--:--' : date.toTimeString().slice(0, 8);
};

/** An entry as lines for a terminal: time, kind, text. */
export const textOf = (
  entry: Entry,
  options: { readonly colour: boolean; readonly run?: boolean },
): readonly string[] => {
  const run = options.run ? `${markInvisible(singleLine(entry.run, 8)).padEnd(8)}  ` : '';
  return linesOf(entry).map(({ at, kind, text, tone }) =>
    `${paint(timeOf(at), 'dim', options.colour)}  ${run}${kind.padEnd(KIND_WIDTH)}  ${paint(text, tone, options.colour)}`.trimEnd(),
  );
};
