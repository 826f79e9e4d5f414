import type { Report } from '../../domain/agent-stream/transcript.ts';
import { describeExit, succeeded, type Exit } from '../../domain/exit.ts';
import { sanitize, singleLine } from '../../domain/terminal.ts';
import type { TurnOutcome } from '../../ports/agent.ts';
import type { GateFindings } from '../../ports/gate.ts';

/** Why we ended a session that did not end by itself. */
export type Cut = 'idle' | 'turns' | 'refused' | 'limited' | 'over-budget';
export interface SessionEnd {
  readonly agent: string;
  readonly found: GateFindings;
  readonly report: Report;
  readonly exit: Exit;
  readonly cut: Cut | undefined;
  /** It says itself that it has reached its turn limit. */
  readonly turnLimit: boolean;
  /** The end of its standard error, for people. */
  readonly complaint: string;
  readonly cancelled: boolean;
}

const MAX_TAIL = 2_000;
const REFUSED: ReadonlySet<number | undefined> = new Set([401, 403]);

const rawOf = ({ agent, report, exit, cut, complaint }: SessionEnd): string =>
  `${JSON.stringify(
    {
      agent,
      exit: describeExit(exit),
      ...(cut && { ended_by_runner: cut }),
      turns: report.turns,
      tools: report.tools,
      ...(report.ended?.costUsd !== undefined && { cost_usd: report.ended.costUsd }),
      ...(report.ended?.detail && { error: report.ended.detail }),
      final: report.finalText,
      transcript: report.lines,
      stderr: complaint.slice(-MAX_TAIL).toWellFormed(),
    },
    undefined,
    1,
  )}\n`;

const why = (end: SessionEnd): string => {
  const { cut, exit, report, complaint, agent } = end;
  if (cut === 'idle') return `${agent} gave no sign of life for too long and was ended`;
  if (cut === 'turns' || end.turnLimit) return `${agent} reached its turn limit`;
  const said = report.trouble?.detail || report.ended?.detail || '';
  const last = said || sanitize(complaint).trim().slice(-MAX_TAIL);
  return `${agent}: ${describeExit(exit)}${last === '' ? '' : `: ${last}`}`;
};

const summaryOf = (end: SessionEnd, well: boolean): string => {
  if (!well) return singleLine(why(end), 200);
  const first = sanitize(end.report.finalText)
    .split('\n')
    .find((line) => line.trim() !== '');
  return singleLine(first ?? `${end.report.tools} tool calls`, 200);
};

/** `''` for a session that did not end by itself and well: a sentinel in half an answer means nothing. */
const worked = (end: SessionEnd, well: boolean): TurnOutcome => ({
  kind: 'worked',
  summary: summaryOf(end, well),
  raw: rawOf(end),
  tools: end.report.uses,
  finalText: well ? end.report.finalText : '',
});

const failed = (end: SessionEnd, more: { fatal: boolean; pause?: 'token expired'; detail: string }) =>
  ({ kind: 'failed', raw: rawOf(end), ...more }) as const;

/** Its command is not there, or is none: no session will ever start. */
const notStarted = (end: SessionEnd): TurnOutcome | undefined => {
  const { exit, agent, report, complaint } = end;
  if (exit.kind !== 'code' || (exit.code !== 127 && exit.code !== 126) || report.active) return undefined;
  const said = singleLine(sanitize(complaint).trim().slice(-300), 300);
  const detail = `${agent} cannot be started in the sandbox (${said || describeExit(exit)}): install it there, or take an image that has it`;
  return failed(end, { fatal: true, detail });
};

/** The credential was refused, as the gate saw it, then as the agent says. */
const refusal = ({ found, report: { trouble } }: SessionEnd): string | undefined =>
  found.refused ?? (REFUSED.has(trouble?.status) ? trouble?.detail : undefined);

const rateLimit = (end: SessionEnd): TurnOutcome | undefined => {
  const { found, report, cut } = end;
  const { trouble } = report;
  const limit = found.rateLimited;
  if (limit && (trouble || cut === 'limited' || !report.active)) return { kind: 'rate-limited', ...limit };
  if (trouble?.status !== 429) return undefined;
  return { kind: 'rate-limited', waitMs: trouble.waitMs, detail: trouble.detail };
};

const modelTrouble = (end: SessionEnd): TurnOutcome | undefined => {
  const refused = refusal(end);
  if (refused === undefined) return rateLimit(end);
  return failed(end, { fatal: false, pause: 'token expired', detail: refused });
};

const overBudget = (end: SessionEnd): TurnOutcome | undefined => {
  const budget = end.found.overBudget ?? (end.exit.kind === 'timeout' ? 'wall time' : undefined);
  if (budget === undefined) return undefined;
  // The budget stops the run before its next call; what was done until now is kept.
  return end.report.tools > 0 ? worked(end, false) : { kind: 'over-budget', budget };
};

const endedWell = ({ exit, cut, report }: SessionEnd): boolean =>
  succeeded(exit) &&
  cut === undefined &&
  report.ended?.ok !== false &&
  report.active &&
  report.trouble === undefined;

const unfinished = (end: SessionEnd): TurnOutcome => {
  const { report } = end;
  // What it did until then is in the clone: the checks will tell what it is worth.
  if (report.tools > 0) return worked(end, false);
  if (report.trouble) return failed(end, { fatal: false, detail: why(end) });
  return { kind: 'invalid', problem: why(end).slice(0, MAX_TAIL), raw: rawOf(end) };
};

/**
 * What a session came to: the gate's findings first, then what the agent's stream says, then the exit. A killed
 * process is never a success, and an exit 0 without a word or a deed is none either.
 */
export const outcomeOf = (end: SessionEnd): TurnOutcome => {
  if (end.cancelled) return { kind: 'cancelled' };
  if (endedWell(end)) return worked(end, true);
  return overBudget(end) ?? modelTrouble(end) ?? notStarted(end) ?? unfinished(end);
};
