import { z } from 'zod';
import { gauges } from '../domain/budget.ts';
import { isWordOnly, phaseOf, WORD_ONLY } from '../domain/classic-state.ts';
import { untilWords } from '../domain/countdown.ts';
import { textOf } from '../domain/entry-text.ts';
import { RalphError } from '../domain/error.ts';
import { describeExit } from '../domain/exit.ts';
import type { Entry } from '../domain/event.ts';
import { iterationParts } from '../domain/iteration-record.ts';
import { committedSpend, type RunState } from '../domain/run-state.ts';
import { isEnded } from '../domain/run-status.ts';
import { selectRuns } from '../domain/select.ts';
import { markInvisible, sanitize, singleLine } from '../domain/terminal.ts';
import type { App, RunInfo } from './app.ts';
import { defineCommand, selector, type CommandContext } from './define.ts';
import { NO_RUNS, runTable, statusText } from './run-table.ts';
import { selectable } from './selectable.ts';

/** The runs that were named; for one, most people give its first characters. */
const chosen = (app: App, args: z.output<typeof selector>): readonly RunInfo[] =>
  selectRuns(selectable(app.runs()), args).map((s) => s.info);
const cli = (path: string) => ({ path, positional: ['runs'], variadic: true }) as const;

export const ls = defineCommand({
  id: 'fleet.ls',
  title: 'List runs',
  group: 'Look',
  args: selector,
  emptyMeansAll: true,
  cli: { path: 'ls', positional: ['runs'], variadic: true },
  examples: ['ls', 'ls --filter status=paused', 'ls --json'],
  run: async ({ app, out }, args) => {
    const runs = selectRuns(selectable(app.runs()), args, { whenEmpty: 'all' }).map((s) => s.info);
    if (out.asJson) for (const { id, dir, orphaned, state } of runs) out.json({ id, dir, orphaned, state });
    else if (runs.length === 0) out.print(app.runs().length > 0 ? 'No run fits.' : NO_RUNS);
    else {
      for (const line of runTable(runs, { now: app.now(), width: out.isTty ? out.width : undefined }))
        out.print(line);
    }
    return 0;
  },
});

const amount = (value: number, unit: string): string =>
  unit === 'USD'
    ? `$${value.toFixed(4)}`
    : `${Math.round(value * 10) / 10}${unit === 'iterations' || unit === 'tokens' ? '' : ` ${unit}`}`;

const describeLoop = (state: RunState): readonly string[] => [
  `loop_score   ${(state.loopScores.at(-1) ?? 0).toFixed(2)} = repeated failure ${state.loop.repeatedFailure} + stagnation ${state.loop.stagnation} + thrash ${state.loop.thrash}; history ${
    state.loopScores
      .slice(-12)
      .map((s) => s.toFixed(1))
      .join(' ') || '-'
  }`,
  `gutter       ${state.consecutiveGutter} in a row of ${state.budgets.maxConsecutiveGutter}${state.ladder.length > 0 ? `; tried ${state.ladder.join(', ')}` : ''}`,
];

/** The phases of a run that goes by promises, with the iterations that ended them. */
const describePhases = (state: RunState): readonly string[] => {
  if (!state.classic) return [];
  const { phases, ended } = state.classic;
  const now = phaseOf(state) - 1;
  const lines = phases.map((name, i) => {
    const at = ended[i] === undefined ? (i === now ? 'now' : 'to come') : `ended in iteration ${ended[i]}`;
    return `phase        ${[`${i + 1} of ${phases.length}`, markInvisible(singleLine(name, 60)), at].filter(Boolean).join('  ')}`;
  });
  return isWordOnly(state) ? [...lines, `success      ${WORD_ONLY}`] : lines;
};

const testsText = ({ testExit, classic, boxes }: RunState): string => {
  if (testExit) return describeExit(testExit);
  return classic && !classic.checked && Object.keys(boxes).length === 0 ? 'none' : 'not run yet';
};

const describe = (info: RunInfo, now: number): readonly string[] => {
  const { state } = info;
  const spent = { ...committedSpend(state), iterations: state.committed };
  const why = [state.detail, untilWords(state)].filter(Boolean).join(': ');
  return [
    `run          ${info.id}  ${singleLine(state.task, 80)}  ${singleLine(state.title, 120)}`,
    `status       ${statusText(info, now)}${why ? `  ${singleLine(why, 400)}` : ''}`,
    `repository   ${singleLine(state.repo, 200)}`,
    `branch       ${state.branch} -> ${state.baseBranch} at ${state.baseSha.slice(0, 12)}; head ${(state.headSha ?? '').slice(0, 12)}`,
    ...(state.stackedOn === undefined ? [] : [`stacked on   run ${state.stackedOn}`]),
    `backend      ${state.backend}${state.isolated ? '' : ' (no isolation)'}, agent ${state.agent}, profile ${state.profile}, steering ${state.steering}`,
    ...gauges(state.budgets, spent).map(
      (g) =>
        `${g.name.padEnd(12)} ${amount(g.used, g.unit)} of ${amount(g.limit, g.unit)} (${Math.round(g.share * 100)} %)`,
    ),
    ...describeLoop(state),
    ...describePhases(state),
    `tests        ${testsText(state)}`,
    ...Object.entries(state.boxes).map(
      ([id, b]) => `  ${b.checked ? '✓' : '·'} ${id}  ${markInvisible(singleLine(b.text, 160))}`,
    ),
    ...(state.report
      ? [
          `diagnose     ${state.report.id}: ${singleLine(state.report.summary, 200)}${state.report.applied ? ' (applied)' : ''}`,
        ]
      : []),
    ...(state.pr
      ? [`pull request #${state.pr.number} ${state.pr.url}${state.pr.draft ? ' (draft)' : ''}`]
      : []),
    `files        ${info.dir}/.ralph`,
  ];
};

export const show = defineCommand({
  id: 'run.show',
  title: 'Show runs: status, budgets, loop_score, boxes, pull request',
  group: 'Look',
  args: selector,
  cli: cli('show'),
  run: async ({ app, out }, args) => {
    for (const [i, cached] of chosen(app, args).entries()) {
      const info = { ...cached, state: app.replay(cached.id) };
      if (out.asJson) out.json(info);
      else for (const line of [...(i === 0 ? [] : ['']), ...describe(info, app.now())]) out.print(line);
    }
    return 0;
  },
});

const ends = (entry: Entry): boolean =>
  entry.type === 'run.status' && (isEnded(entry.status) || entry.status === 'paused');

/** Follows until the run ends or pauses; what comes right after that entry is still shown. */
const follow = async (
  app: App,
  id: string,
  how: { onEntry: (entry: Entry) => void; signal: AbortSignal },
): Promise<void> => {
  const stop = new AbortController();
  let last = false;
  const onEntry = (entry: Entry): void => {
    how.onEntry(entry);
    last = ends(entry) || (last && entry.type !== 'runner.started');
    if (last) void app.sleep(300).then(() => last && stop.abort());
  };
  await app.homes.follow(id, { offset: 0, onEntry, signal: AbortSignal.any([how.signal, stop.signal]) });
};

const kindsOf = (entries: readonly Entry[]): string =>
  `there are ${[...new Set(entries.map(({ type }) => type))].toSorted().join(', ')}`;

export const logs = defineCommand({
  id: 'run.logs',
  title: 'Print the log of runs; with --json one entry a line',
  group: 'Look',
  args: selector.extend({
    follow: z
      .boolean()
      .default(false)
      .describe('go on until they end or pause')
      .meta({ short: 'f', cliOnly: true }),
    kind: z.string().default('').describe('only entries whose type starts so, e.g. model or loop'),
    tail: z.number().int().min(0).optional().describe('only the last entries').meta({ short: 'n' }),
  }),
  cli: cli('logs'),
  keys: { chords: ['l'], where: ['fleet', 'run'], footer: 'logs' },
  examples: ['logs 7f3a -f', 'logs 7f3a --json --kind model'],
  run: async (context, { follow: following, kind, tail, ...args }) => {
    const { app, out } = context;
    if (context.ui) {
      context.ui.act({ kind: 'tab', to: 'logs' });
      return 0;
    }
    const runs = chosen(app, args);
    const print = (entry: Entry): void => {
      if (!entry.type.startsWith(kind)) return;
      if (out.asJson) out.json(entry);
      else for (const line of textOf(entry, { colour: out.colour, run: runs.length > 1 })) out.print(line);
    };
    if (following) {
      const signal = context.interrupted();
      await Promise.all(runs.map(({ id }) => follow(app, id, { onEntry: print, signal })));
      return 0;
    }
    for (const { id } of runs) {
      const all = [...app.homes.entries(id)];
      const entries = all.filter((entry) => entry.type.startsWith(kind));
      if (entries.length === 0) out.error(`ralph: run ${id} has no entry of kind ${kind}: ${kindsOf(all)}`);
      for (const entry of tail === undefined ? entries : entries.slice(Math.max(0, entries.length - tail)))
        print(entry);
    }
    return 0;
  },
});

const stateFile = (app: App, id: string, path: string): string => {
  const text = app.homes.readState(id, path);
  if (text === undefined) {
    throw new RalphError('usage', `run ${id} has no ${path} (yet)`, { hint: `ralph iterations ${id}` });
  }
  return text;
};
const safe = (text: string): string => markInvisible(sanitize(text)).trimEnd();

/** Each of several under its name; one that has nothing to show hides none of the others, and makes the end 1. */
const eachRun = (
  out: CommandContext['out'],
  runs: readonly RunInfo[],
  show: (id: RunInfo['id']) => void,
): number => {
  let missing = 0;
  for (const { id } of runs) {
    if (runs.length > 1 && !out.asJson) out.print(`run ${id}`);
    try {
      show(id);
    } catch (error) {
      if (runs.length === 1 || !(error instanceof RalphError)) throw error;
      out.error(`ralph: ${error.message}`);
      missing += 1;
    }
  }
  return missing === 0 ? 0 : 1;
};

const iteration = z.number().int().min(1).optional().describe('number of the iteration').meta({ short: 'i' });

export const diff = defineCommand({
  id: 'run.diff',
  title: 'Print the patch of an iteration; the last one by default',
  group: 'Look',
  args: selector.extend({ iteration }),
  cli: cli('diff'),
  keys: { chords: ['d'], where: ['fleet', 'run'], footer: 'diff' },
  run: async ({ app, out, ui }, { iteration: wanted, ...args }) => {
    if (ui) {
      ui.act({ kind: 'tab', to: 'diff' });
      return 0;
    }
    return eachRun(out, chosen(app, args), (id) => {
      const n = wanted ?? app.replay(id).committed;
      if (n === 0) throw new RalphError('usage', `run ${id} has no finished iteration yet`);
      const patch = stateFile(app, id, `iterations/${n}/git_diff.patch`);
      if (out.asJson) out.json({ run: id, iteration: n, patch });
      else out.print(safe(patch) || `iteration ${n} changed nothing`);
    });
  },
});

const iterationLine = (entry: Extract<Entry, { type: 'iteration.ended' }>): string => {
  const tests = entry.testExit ? describeExit(entry.testExit) : 'tests not run';
  const head = `${String(entry.n).padStart(4)}  ${entry.headSha.slice(0, 9)}  loop ${entry.loopScore.toFixed(2)}`;
  return `${head}  ${(entry.ms / 1000).toFixed(1)} s  ${tests}${entry.green ? '  verified' : ''}`;
};

export const iterations = defineCommand({
  id: 'run.iterations',
  title: 'List the iterations of runs, or print a file of one',
  group: 'Look',
  args: selector.extend({
    iteration,
    part: z.enum(iterationParts).default('metrics.json').describe('which file of it'),
  }),
  cli: cli('iterations'),
  examples: ['iterations 7f3a', 'iterations 7f3a -i 3 --part prompt.md'],
  run: async ({ app, out }, { iteration: wanted, part, ...args }) => {
    return eachRun(out, chosen(app, args), (id) => {
      if (wanted !== undefined) {
        const text = stateFile(app, id, `iterations/${wanted}/${part}`);
        if (out.asJson) out.json({ run: id, iteration: wanted, part, text });
        else out.print(safe(text));
        return;
      }
      for (const entry of app.homes.entries(id)) {
        if (entry.type !== 'iteration.ended') continue;
        if (out.asJson) out.json(entry);
        else out.print(iterationLine(entry));
      }
    });
  },
});
