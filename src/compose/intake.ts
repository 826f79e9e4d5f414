import { join } from 'node:path';
import { createClaimFiles } from '../adapters/host/claim-files.ts';
import type { GithubAuth } from '../adapters/scm/github/auth.ts';
import type { IntakeFace, IssueOptions, IssueRequest, PollRequest } from '../commands/intake-face.ts';
import type { LaunchRequest, RunInfo, UserFiles } from '../commands/app.ts';
import { RalphError } from '../domain/error.ts';
import { issueTask, type IssueTask } from '../domain/issue/issue-task.ts';
import type { KeyNote } from '../domain/issue/issue-keys.ts';
import { parseIssueRef } from '../domain/issue/issue-ref.ts';
import { ownWeb, type GithubPlace } from '../domain/scm-url.ts';
import { detectProject, PROJECT_FILES } from '../domain/spec/detect.ts';
import { foldRunEntries } from '../domain/run-state.ts';
import { parseFrontmatter } from '../domain/spec/frontmatter.ts';
import { lintTask } from '../domain/spec/lint.ts';
import { markInvisible, singleLine } from '../domain/terminal.ts';
import type { EngineDeps } from '../engine/deps.ts';
import { createEndedFollower } from '../engine/fleet/follow-ended.ts';
import { pollIssues, type IssueRun, type Launchable } from '../engine/intake/poll.ts';
import { takeReview } from '../engine/intake/review.ts';
import { parseRunJson } from '../engine/run-json.ts';
import { createControl, dropControl } from '../engine/send-control.ts';
import type { Issue, IssueTracker } from '../ports/issues.ts';
import type { ReviewSource } from '../ports/reviews.ts';
import type { Settings } from '../ports/settings.ts';

type Intake = IssueTracker & ReviewSource;
interface Parts {
  readonly deps: EngineDeps;
  readonly github: GithubAuth;
  readonly settings: Settings;
  readonly files: Pick<UserFiles, 'cwd' | 'repoRoot' | 'origin'>;
  readonly stateDir: string;
  readonly create: (request: LaunchRequest) => Promise<RunInfo>;
  readonly settle: (id: string) => Promise<unknown>;
}

const NOT_HERE = 'Only issues and pull requests on GitHub are known: ralph auth github OWNER/REPO';

const intakeAt = async (github: GithubAuth, place: GithubPlace): Promise<Intake> => {
  const { createGithubIntake } = await import('../adapters/scm/github/intake.ts');
  return createGithubIntake(place, github);
};

/** `OWNER/REPO` on the user's own server, or an address. */
const addressOf = (settings: Settings, repo: string): string =>
  repo.includes(':') ? repo : `${ownWeb(settings.get('github_api_url'))}/${repo}`;

/** Where a run's issue is; by the name in its task file. */
export const issuesOf = ({ github, settings }: Pick<Parts, 'github' | 'settings'>): EngineDeps['issues'] => {
  const known = new Map<string, Promise<Intake>>();
  return async (issue) => {
    const { repo = '', number } = parseIssueRef(issue);
    const url = addressOf(settings, repo);
    const place = github.place(url);
    if (!place) return undefined;
    const tracker = known.get(url) ?? intakeAt(github, place);
    known.set(url, tracker);
    return { tracker: await tracker, number };
  };
};

const said: Readonly<Record<KeyNote['what'], string>> = {
  taken: 'taken from the issue',
  lowered: 'asks for more than you give',
  'set-aside': 'set aside: the issue is not trusted with it (--trust-issue takes it)',
  refused: 'never taken from an issue',
  unknown: 'unknown, ignored',
};
const noteLine = ({ key, what, detail }: KeyNote): string =>
  markInvisible(singleLine(`${key}: ${said[what]}${detail === undefined ? '' : `; ${detail}`}`, 300));

/** The operator's own front matter. */
const defaultsOf = (text: string | undefined): Readonly<Record<string, unknown>> => {
  if (text === undefined) return {};
  const front = parseFrontmatter(text);
  if (front.readable) return front.data;
  const [problem] = front.findings;
  throw new RalphError('usage', `--defaults: line ${problem?.line}: ${problem?.message}`, {
    hint: 'It is a file that begins as a task file does: keys between two --- lines.',
  });
};

interface Source {
  readonly tracker: Intake;
  /** What git clones from: the origin of the folder where that is the same repository, else https. */
  readonly remote: string;
}

const sourceOf = async ({ github, settings, files }: Parts, repo: string | undefined): Promise<Source> => {
  const origin = await files.origin();
  const url = repo === undefined ? origin : addressOf(settings, repo);
  if (url === undefined)
    throw new RalphError('usage', 'no repository is named, and this folder is in none that has an origin', {
      hint: 'Name it: acme/widget#42, or --repo acme/widget',
    });
  const place = github.place(url);
  if (!place) throw new RalphError('usage', 'that repository is not on GitHub', { hint: NOT_HERE });
  const own = origin === undefined ? undefined : github.place(origin);
  const isOwn = own?.web === place.web && `${own.owner}/${own.name}` === `${place.owner}/${place.name}`;
  const tracker = await intakeAt(github, place);
  return { tracker, remote: isOwn && origin !== undefined ? origin : tracker.remote };
};

interface Made {
  readonly made: IssueRequest;
  readonly task: IssueTask;
}
/** What is the same for all issues of a repository is asked for once. */
const makeTasks = (parts: Parts, { tracker, remote }: Source, options: IssueOptions) => {
  const defaults = defaultsOf(options.defaults);
  let files: Promise<ReadonlyMap<string, string>> | undefined;
  const project = async () => {
    files ??= tracker.rootFiles(PROJECT_FILES);
    files.catch(() => (files = undefined));
    return detectProject(await files);
  };
  return async (issue: Issue): Promise<Made> => {
    const { isTrusted } = options;
    const task = issueTask({ issue, repoUrl: remote, project: await project(), defaults, isTrusted });
    refuseOpenDoor(parts, issue, { task, options });
    const request: LaunchRequest = {
      taskText: task.text,
      folder: parts.files.repoRoot ?? parts.files.cwd,
      ...(options.backend && { backend: options.backend }),
      ...(options.profile !== undefined && { profile: options.profile }),
      ...(options.modelsFile !== undefined && { modelsFile: options.modelsFile }),
    };
    const notes = [
      ...task.warnings.map((text) => markInvisible(singleLine(text, 300))),
      ...task.notes.map(noteLine),
    ];
    return { made: { request, name: `${tracker.name}#${issue.number}`, notes, waitsFor: [] }, task };
  };
};

/** Whoever writes the words that an agent follows, on a machine without a sandbox, has that machine. */
const refuseOpenDoor = (
  { settings }: Parts,
  issue: Issue,
  { task, options }: { readonly task: IssueTask; readonly options: IssueOptions },
): void => {
  const named = options.backend ?? lintTask(task.text).task?.sandboxProvider ?? settings.get('backend');
  if (named !== 'local' || issue.isInsider || options.isTrusted) return;
  const author = markInvisible(singleLine(issue.author, 60));
  throw new RalphError(
    'usage',
    `#${issue.number} is by ${author}, who is no member of the repository, and the local backend is no sandbox`,
    { hint: 'Take a backend that isolates. Or read the issue, all of it, and say --trust-issue.' },
  );
};

const openOnes = async ({ tracker }: Source, depends: readonly number[]): Promise<readonly string[]> => {
  const open: string[] = [];
  for (const number of depends)
    if ((await tracker.get(number))?.isOpen !== false) open.push(`${tracker.name}#${number}`);
  return open;
};

/** By the caches of their states: thousands of runs are looked at in each round. */
const issueRuns = ({ deps: { homes } }: Parts): readonly IssueRun[] =>
  homes.list().flatMap((id): readonly IssueRun[] => {
    const state = parseRunJson(homes.peek(id, { withLock: false })?.runJson)?.state;
    if (state?.issue === undefined) return [];
    const comment = homes.entries(id).findLast(({ type }) => type === 'issue.comment');
    const marker = comment?.type === 'issue.comment' ? comment.marker : undefined;
    return [{ id, issue: state.issue, status: state.status, marker }];
  });

const launchable = (parts: Parts, { made }: Made): Launchable => ({
  launch: async ({ marker, comment }) => {
    const { id } = await parts.create(made.request);
    const home = parts.deps.homes.open(id);
    if (home === 'locked') throw new RalphError('bug', `the new run ${id} is locked`);
    try {
      home.journal.append({ type: 'issue.comment', marker, comment }, { sync: true });
    } finally {
      home.release();
    }
    return id;
  },
});

const poll = async (parts: Parts, request: PollRequest): Promise<void> => {
  const { deps, stateDir } = parts;
  const source = await sourceOf(parts, request.repo);
  const toTask = makeTasks(parts, source, request);
  // The supervisor may have gone for want of runs; what it says of them stands in their logs.
  const ended = createEndedFollower(deps, () => {});
  await pollIssues(
    {
      tracker: source.tracker,
      clock: deps.host.clock,
      claims: createClaimFiles(join(stateDir, 'claims')),
      newId: deps.host.newId,
      runs: () => issueRuns(parts),
      check: async (issue) => launchable(parts, await toTask(issue)),
      enqueue: request.enqueue,
      onEvent: request.onEvent,
      afterLook: ended.look,
    },
    request,
  );
};

const review = async (parts: Parts, id: string, options: { anyone: boolean; resume: boolean }) => {
  const { deps, github } = parts;
  const place = github.place(foldRunEntries(id, deps.homes.entries(id)).repo);
  if (!place) throw new RalphError('usage', `run ${id} is of no repository on GitHub`, { hint: NOT_HERE });
  return takeReview(
    id,
    {
      source: await intakeAt(github, place),
      entries: () => deps.homes.entries(id),
      newControl: (order) => createControl(deps.host, order),
      send: (control) =>
        dropControl({ host: deps.host, homes: deps.homes, settle: () => parts.settle(id) }, id, control),
    },
    options,
  );
};

/** Issues and reviews as input, with real adapters. */
export const createIntake = (parts: Parts): IntakeFace => ({
  issueTask: async (ref, options) => {
    const { repo, number } = parseIssueRef(ref);
    const source = await sourceOf(parts, repo);
    const issue = await source.tracker.get(number);
    if (!issue)
      throw new RalphError('usage', `${source.tracker.name}#${number} is no issue, or not for your eyes`, {
        hint: 'ralph auth github OWNER/REPO says what the credential may see.',
      });
    const { made, task } = await makeTasks(parts, source, options)(issue);
    return { ...made, waitsFor: await openOnes(source, task.depends) };
  },
  poll: (request) => poll(parts, request),
  review: (run, options) => review(parts, run, options),
});
