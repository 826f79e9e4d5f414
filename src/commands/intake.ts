import { z } from 'zod';
import { backends } from '../domain/backend.ts';
import { countdown } from '../domain/countdown.ts';
import { RalphError } from '../domain/error.ts';
import { markInvisible, singleLine } from '../domain/terminal.ts';
import type { PollEvent } from '../engine/intake/poll.ts';
import type { ReviewReport } from '../engine/intake/review.ts';
import type { App, RunInfo } from './app.ts';
import { createCountDown } from './count-down.ts';
import { defineCommand, selector, type CommandContext } from './define.ts';
import { issueFlags, issueOptions } from './issue-flags.ts';
import { chosen } from './send-order.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const LEAST_MS = 1000;
const LONGEST_MS = 24 * 3_600_000;

/** `60s`, `5m`, `1h`, or seconds. Throws `usage`. */
const msOf = (text: string): number => {
  const [, n, unit = 's'] = /^(\d{1,6})([smh])?$/.exec(text.trim()) ?? [];
  const ms = n === undefined ? 0 : Number(n) * (UNITS[unit] ?? 0);
  if (ms >= LEAST_MS && ms <= LONGEST_MS) return ms;
  throw new RalphError(
    'usage',
    `--every ${JSON.stringify(text.slice(0, 40))} is no time between 1s and 24h`,
    {
      hint: 'It is like 60s, 5m or 1h.',
    },
  );
};
const every = z.string().default('60s').describe('how often it looks').meta({ value: 'TIME' });

const safe = (text: string): string => markInvisible(singleLine(text, 300));

const lineOf = (event: PollEvent, now: number): string => {
  switch (event.event) {
    case 'taken':
      return `${event.issue}  taken  run ${event.run}  ${safe(event.title)}`;
    case 'waits':
      return `${event.issue}  waits for ${event.for.join(' ')}`;
    case 'cycle':
      return `${event.issues.join(' -> ')} -> ${event.issues[0]}  wait for one another: none of them can start`;
    case 'lost':
      return `${event.issue}  not taken: ${safe(event.why)}`;
    case 'refused':
      return `${event.issue}  cannot be taken: ${safe(event.why)}${event.hint === undefined ? '' : ` (${safe(event.hint)})`}`;
    case 'released':
      return `${event.issue}  given back: ${safe(event.why)}`;
    case 'limited':
      return `rate limit: ${countdown(event.until, now) ?? ''} until ${event.until}`;
  }
};

/** Until it is over; what comes then is the next look. */
const limitText = (until: string) => (now: number) =>
  now < Date.parse(until) ? `waiting ${countdown(until, now)} · rate limit` : undefined;

export const poll = defineCommand({
  id: 'issues.poll',
  title: 'Take open issues with a label, in the order of what they depend on, one run each',
  group: 'Run',
  args: z.object({
    label: z.string().min(1).max(40).default('ralph').describe('label of the issues to take'),
    repo: z
      .string()
      .max(2000)
      .optional()
      .describe('OWNER/REPO or its address; the origin of this repository when left out'),
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe('runs of its issues at once; setting `concurrency` by default'),
    once: z.boolean().default(false).describe('look once, then end'),
    every,
    backend: z.enum(backends).optional().describe('sandbox backend of the runs'),
    profile: z.string().optional().describe('model profile of the runs').meta({ pick: 'profile' }),
    models: z.string().optional().describe('a models.yaml instead of your own').meta({ value: 'FILE' }),
    ...issueFlags,
  }),
  cliOnly: true,
  cli: { path: 'poll' },
  outlivesReader: true,
  examples: [
    'poll --repo acme/widget --backend podman',
    'poll --label ralph --concurrency 4 --every 5m --json',
  ],
  run: async (context, { label, repo, concurrency, once, every: time, ...args }) => {
    const { app, out } = context;
    const everyMs = msOf(time);
    const { intake } = await app.engine();
    if (concurrency !== undefined) app.supervisor.scale(concurrency);
    const foot = createCountDown(context);
    const onEvent = (event: PollEvent): void => {
      if (out.asJson) out.json(event);
      else out.print(lineOf(event, app.now()));
      foot.show(event.event === 'limited' ? limitText(event.until) : undefined);
    };
    const polling = intake.poll({
      ...issueOptions(app, args),
      label,
      ...(repo !== undefined && { repo }),
      concurrency: concurrency ?? app.settings.get('concurrency'),
      once,
      everyMs,
      signal: context.interrupted(),
      onEvent,
      enqueue: async (run) => {
        app.supervisor.enqueue(run);
        await app.supervisor.ensure();
      },
    });
    await polling.finally(() => foot.show(undefined));
    return 0;
  },
});

/** The supervisor has it in its queue. */
const isKnown = ({ supervisor }: App, id: string): boolean =>
  supervisor.running && supervisor.report()?.queued.includes(id) === true;

const lookAt = async (
  { app, out }: CommandContext,
  run: RunInfo,
  options: { readonly anyone: boolean; readonly resume: boolean; readonly quiet: boolean },
): Promise<void> => {
  const { intake } = await app.engine();
  const { anyone, resume, quiet } = options;
  const report = await intake.review(run.id, { anyone, resume });
  const wakes = report.wakes && !isKnown(app, run.id);
  if (wakes) {
    app.supervisor.enqueue(run.id);
    await app.supervisor.ensure();
  }
  if (quiet && report.taken.length === 0 && !wakes) return;
  if (out.asJson) {
    out.json({ run: run.id, ...report, wakes });
    return;
  }
  for (const line of reportLines(report, wakes)) out.print(`${run.id}  ${line}`);
};

const reportLines = ({ taken, strangers, left, unread }: ReviewReport, wakes: boolean): readonly string[] => {
  const counts = [
    `${taken.length} new`,
    unread > 0 && `${unread} for the next session`,
    left > 0 && `${left} wait (--resume takes them where the run has ended)`,
    strangers > 0 && `${strangers} by people who may not push: --anyone takes them`,
    wakes && 'resumed',
  ];
  return [
    ...taken.map(
      ({ id, author, path }) => `${id} by ${safe(author)}${path === undefined ? '' : ` on ${safe(path)}`}`,
    ),
    counts.filter((part) => part !== false).join(', '),
  ];
};

export const review = defineCommand({
  id: 'run.review',
  title: 'Take review comments on the pull request as notes for the next session, each once',
  group: 'Steer',
  args: selector.extend({
    resume: z
      .boolean()
      .default(false)
      .describe('wake a run that is paused or has succeeded when there are new ones'),
    watch: z.boolean().default(false).describe('go on looking until interrupted'),
    every,
    anyone: z.boolean().default(false).describe('also comments of people who may not push there'),
  }),
  cliOnly: true,
  cli: { path: 'review', positional: ['runs'], variadic: true },
  examples: ['review 7f3a', 'review 7f3a --watch --resume'],
  run: async (context, { resume, watch, every: time, anyone, ...args }) => {
    const everyMs = msOf(time);
    const runs = chosen(context, args);
    if (!watch) {
      for (const run of runs) await lookAt(context, run, { anyone, resume, quiet: false });
      return 0;
    }
    const signal = context.interrupted();
    while (!signal.aborted) {
      for (const run of runs) {
        try {
          await lookAt(context, run, { anyone, resume, quiet: true });
        } catch (error) {
          if (!(error instanceof RalphError) || error.code === 'scm.auth' || error.code === 'bug')
            throw error;
          context.out.error(`ralph: ${run.id}: ${safe(error.message)}`);
        }
      }
      await Promise.race([
        context.app.sleep(everyMs),
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
      ]);
    }
    return 0;
  },
});
