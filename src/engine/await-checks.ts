import type { CheckReport, Checks } from '../domain/check-report.ts';
import { cutMiddle } from '../domain/prompt.ts';
import { RalphError } from '../domain/error.ts';
import { sanitize, singleLine } from '../domain/terminal.ts';
import type { ScmProvider } from '../ports/scm.ts';
import { emit, type RunContext } from './run-context.ts';
import { away, idle, showAndWait, showStatus } from './wait.ts';

export type ChecksOutcome =
  | { readonly kind: 'green' | 'red' }
  /** Told something, or given another task, meanwhile. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'unknown'; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string };

/** The failed checks of a commit, for the next prompts. */
export const checksFile = (n: number): string => `iterations/${n}/checks.txt`;

/** Nothing reported, or not readable: so many looks until a human is asked. Forges take a while to start checks. */
const UNKNOWN_LOOKS = 9;
/** A check may be done before the next one has been started: green counts when it is seen again. */
const GREEN_LOOKS = 2;
/** After so many looks they become rarer. */
const EAGER_LOOKS = 30;
const LAZY = 3;
const SHOWN_LOGS = 3;
const LOG_CHARS = 6000;
const MAX_NAMES = 20;
const NAME_CHARS = 80;

/** Whether success has to wait for the forge. */
export const waitsForChecks = (ctx: RunContext): boolean => ctx.task.pr.waitForChecks;

/** The last word of the forge on the head is green; true where nobody waits for it. */
export const checksAreFine = (ctx: RunContext): boolean => {
  const { checks, headSha } = ctx.state;
  return !waitsForChecks(ctx) || (checks?.sha === headSha && checks?.state === 'green');
};

const nameOf = (ctx: RunContext, { name }: CheckReport): string =>
  singleLine(ctx.deps.redact(sanitize(name)), NAME_CHARS);

const enter = (ctx: RunContext, sha: string, { state, reports, note }: Checks): void => {
  const failed = reports.filter((one) => one.state === 'red').map((one) => nameOf(ctx, one));
  const pending = reports.filter((one) => one.state === 'pending').length;
  const seen = { sha, state, total: reports.length, pending, failed: failed.slice(0, MAX_NAMES) };
  const before = ctx.state.checks;
  const isSame =
    before?.since !== undefined &&
    [before.sha, before.state, before.total, before.pending, ...before.failed].join('\n') ===
      [seen.sha, seen.state, seen.total, seen.pending, ...seen.failed].join('\n');
  if (isSame) return;
  const n = ctx.state.committed;
  emit(ctx, { type: 'checks.seen', n, ...seen, ...(note !== undefined && { note }) }, { sync: true });
};

const logOf = async (ctx: RunContext, scm: ScmProvider, report: CheckReport): Promise<string> => {
  try {
    const raw = await scm.getCheckLog?.(report);
    if (raw === undefined) return '(its log may not be read, or there is none)';
    const safe = ctx.deps.redact(sanitize(raw)).trimEnd();
    return cutMiddle(safe, LOG_CHARS, "the check's own log").toWellFormed();
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    return `(its log could not be read: ${ctx.deps.redact(error.message)})`;
  }
};

/** What the next sessions read of the failed checks; of the first few with the end of their logs. */
const keepFailures = async (ctx: RunContext, scm: ScmProvider, { reports }: Checks): Promise<void> => {
  const red = reports.filter(({ state }) => state === 'red');
  const parts: string[] = [];
  for (const report of red.slice(0, SHOWN_LOGS)) {
    parts.push(`### ${nameOf(ctx, report)}: failed\n\n${await logOf(ctx, scm, report)}\n`);
  }
  const rest = red.slice(SHOWN_LOGS, MAX_NAMES).map((report) => `### ${nameOf(ctx, report)}: failed\n`);
  ctx.home.state.write(checksFile(ctx.state.committed), [...parts, ...rest].join('\n'));
};

interface Wait {
  readonly sha: string;
  readonly scm: ScmProvider;
  /** Monotonic ms at which it is given up, and the same for people. */
  readonly end: number;
  readonly until: string;
  looks: number;
  greens: number;
  blind: number;
  problem: string | undefined;
}

const showWait = (ctx: RunContext, { sha, until }: Wait): void => {
  const pr = ctx.state.pr === undefined ? '' : `pull request #${ctx.state.pr.number} `;
  const detail = `${pr}at ${sha.slice(0, 10)}`;
  showStatus(ctx, { status: 'waiting', reason: 'checks', detail, until });
};

/** All runs of this process look at the same moments, so that one call answers for many. */
const untilNextLook = (ctx: RunContext, looks: number): number => {
  const every = ctx.deps.checks.pollMs * (looks > EAGER_LOOKS ? LAZY : 1);
  return every - (ctx.deps.host.clock.now().getTime() % every);
};

const judge = async (ctx: RunContext, wait: Wait, seen: Checks): Promise<ChecksOutcome | undefined> => {
  enter(ctx, wait.sha, seen);
  wait.problem = undefined;
  wait.greens = seen.state === 'green' ? wait.greens + 1 : 0;
  wait.blind = seen.state === 'unknown' ? wait.blind + 1 : 0;
  if (seen.state === 'red') {
    await keepFailures(ctx, wait.scm, seen);
    return { kind: 'red' };
  }
  if (wait.greens >= GREEN_LOOKS) return { kind: 'green' };
  if (wait.blind < UNKNOWN_LOOKS) return undefined;
  const why =
    seen.note ?? (seen.reports.length === 0 ? 'no check has reported' : 'not all of them are known');
  return { kind: 'unknown', detail: `the checks of ${wait.sha.slice(0, 10)} are unknown: ${why}` };
};

/** One look. Undefined: not decided yet. */
const look = async (ctx: RunContext, wait: Wait): Promise<ChecksOutcome | undefined> => {
  wait.looks += 1;
  try {
    return await judge(ctx, wait, await wait.scm.getChecks!(wait.sha));
  } catch (error) {
    if (!(error instanceof RalphError)) throw error;
    const detail = ctx.deps.redact(error.message);
    if (error.code === 'scm.auth') return { kind: 'refused', detail };
    if (error.code === 'scm.limited' && error.until !== undefined) {
      const limit = { reason: 'rate limit of the forge', detail, until: error.until };
      if ((await showAndWait(ctx, limit)) === 'cut') return { kind: 'cut' };
      showWait(ctx, wait);
      return undefined;
    }
    if (error.code !== 'scm.failed') throw error;
    // It may be there again at the next look.
    if (wait.problem !== detail) emit(ctx, { type: 'warning', about: 'checks', text: detail });
    wait.problem = detail;
    return undefined;
  }
};

const watch = async (ctx: RunContext, wait: Wait): Promise<ChecksOutcome> => {
  const { clock } = ctx.deps.host;
  while (clock.monotonicMs() < wait.end) {
    await idle(ctx, untilNextLook(ctx, wait.looks));
    if (ctx.steer.wish || !ctx.state.green) return { kind: 'cut' };
    const outcome = await look(ctx, wait);
    if (outcome) return outcome;
  }
  const { checks } = ctx.state;
  const left = checks === undefined ? 'no answer' : `${checks.pending} of ${checks.total} are not done`;
  const why = wait.problem ?? left;
  return { kind: 'unknown', detail: `the checks of ${wait.sha.slice(0, 10)} did not end in time: ${why}` };
};

/**
 * Waits for the forge's checks of exactly the pushed head (spec 14.5), shown as waiting and with the running time
 * stopped. How long it has waited already is in the log: a restart does not begin anew.
 */
export const awaitChecks = async (ctx: RunContext, sha: string): Promise<ChecksOutcome> => {
  const scm = await ctx.deps.scm({ url: ctx.state.repo });
  if (!scm.getChecks)
    return {
      kind: 'unknown',
      detail: 'pr.wait_for_checks: this repository has no forge whose checks can be read',
    };
  const { clock } = ctx.deps.host;
  const now = clock.now().getTime();
  const known = ctx.state.checks;
  const since = known?.sha === sha && known.since !== undefined ? Date.parse(known.since) : now;
  const left = Math.min(ctx.deps.checks.limitMs, Math.max(0, since + ctx.deps.checks.limitMs - now));
  const until = new Date(now + left).toISOString();
  const fresh = { looks: 0, greens: 0, blind: 0, problem: undefined };
  const wait: Wait = { sha, scm, end: clock.monotonicMs() + left, until, ...fresh };
  const outcome = await away(ctx, () => {
    showWait(ctx, wait);
    return watch(ctx, wait);
  });
  showStatus(ctx, { status: 'running' });
  return outcome;
};
