import { z } from 'zod';
import type { CheckReport } from '../../../domain/check-report.ts';
import type { GithubClient } from './client.ts';
import { isRateLimit, statusOf } from './errors.ts';
import { ofCheckRun, ofStatus, OWN_CONTEXT } from './report-state.ts';

/** Commits in one query: each asks for at most 200 nodes, and GitHub takes half a million. */
const BATCH = 50;
/** Runs look at the same time; so long the first one waits for the others. */
const GATHER_MS = 150;
const CONTEXTS = 100;

const name = z.string().max(1000);
const checkRun = z.object({
  __typename: z.literal('CheckRun'),
  name,
  databaseId: z.number().nullish(),
  status: z.string().max(100),
  conclusion: z.string().max(100).nullable(),
});
const statusContext = z.object({
  __typename: z.literal('StatusContext'),
  context: name,
  state: z.string().max(100),
});
const commit = z.object({
  statusCheckRollup: z
    .object({
      contexts: z.object({
        pageInfo: z.object({ hasNextPage: z.boolean() }),
        nodes: z.array(z.union([checkRun, statusContext]).nullable()).max(CONTEXTS),
      }),
    })
    .nullish(),
  status: z.object({ contexts: z.array(z.object({ context: name, state: name })).max(1000) }).nullish(),
});
const answer = z.record(z.string(), z.object({ object: commit.nullish() }).nullish());
const problem = z.object({
  path: z
    .array(z.union([z.string(), z.number()]))
    .max(50)
    .optional(),
});
const partial = z.object({ data: answer, errors: z.array(problem).max(1000) });

/** Undefined: may not be read that way. */
export interface Rollup {
  /** Check runs and statuses together. */
  readonly all: readonly CheckReport[] | undefined;
  readonly statuses: readonly CheckReport[] | undefined;
}
interface Question {
  readonly client: GithubClient;
  readonly sha: string;
  readonly resolve: (rollup: Rollup) => void;
  readonly reject: (error: unknown) => void;
}

const queryFor = (count: number): string => {
  const each = Array.from({ length: count }, (_, i) => i);
  const variables = each.map((i) => `$o${i}: String!, $n${i}: String!, $s${i}: GitObjectID!`).join(', ');
  const fields = each.map(
    (i) => `c${i}: repository(owner: $o${i}, name: $n${i}) { object(oid: $s${i}) { ...checks } }`,
  );
  return `query(${variables}) { ${fields.join(' ')} }
fragment checks on Commit {
  statusCheckRollup { contexts(first: ${CONTEXTS}) { pageInfo { hasNextPage } nodes {
    __typename
    ... on CheckRun { name databaseId status conclusion }
    ... on StatusContext { context state }
  } } }
  status { contexts { context state } }
}`;
};

const variablesOf = (questions: readonly Question[]): Record<string, string> =>
  Object.fromEntries(
    questions.flatMap(({ client: { place }, sha }, i) => [
      [`o${i}`, place.owner],
      [`n${i}`, place.name],
      [`s${i}`, sha],
    ]),
  );

const statusReports = (
  contexts: readonly { readonly context: string; readonly state: string }[],
): readonly CheckReport[] =>
  contexts
    .filter(({ context }) => context !== OWN_CONTEXT)
    .map(({ context, state }) => ({ name: context, state: ofStatus(state) }));

/** Undefined where there are more than one page: those are asked for one by one. */
const rollupReports = (
  rollup: z.output<typeof commit>['statusCheckRollup'],
): readonly CheckReport[] | undefined => {
  if (rollup?.contexts.pageInfo.hasNextPage) return undefined;
  return (rollup?.contexts.nodes ?? []).flatMap((node): readonly CheckReport[] => {
    if (node === null) return [{ name: '?', state: 'unknown' }];
    if (node.__typename === 'StatusContext') return statusReports([node]);
    const log = typeof node.databaseId === 'number' ? { log: `check:${node.databaseId}` } : {};
    return [{ name: node.name, state: ofCheckRun(node.status, node.conclusion), ...log }];
  });
};

type Data = z.output<typeof answer>;
type Refused = ReadonlySet<string>;

const rollupOf = (i: number, data: Data, refused: Refused): Rollup => {
  const found = data[`c${i}`];
  const isGone = refused.has(`c${i}`) || found === undefined || found === null;
  // GitHub may not know a commit yet that was pushed a moment ago: then nothing has reported.
  const of = found?.object;
  return {
    all: isGone || refused.has(`c${i}.statusCheckRollup`) ? undefined : rollupReports(of?.statusCheckRollup),
    statuses: isGone || refused.has(`c${i}.status`) ? undefined : statusReports(of?.status?.contexts ?? []),
  };
};

/** `c3`, or `c3.statusCheckRollup`: what an error is about. */
const about = ({ path = [] }: z.output<typeof problem>): string => {
  const [alias, object, field] = path;
  return object === 'object' && field !== undefined ? `${alias}.${field}` : String(alias);
};

const ask = async (questions: readonly Question[]): Promise<{ data: Data; refused: Refused }> => {
  const [first] = questions;
  const { octokit } = first!.client;
  try {
    const data: unknown = await octokit.graphql(queryFor(questions.length), variablesOf(questions));
    return { data: answer.parse(data), refused: new Set() };
  } catch (error) {
    if (isRateLimit(error)) throw error;
    const some = partial.safeParse(error);
    if (some.success) return { data: some.data.data, refused: new Set(some.data.errors.map(about)) };
    // Some servers and tokens have no such query: the next rung of the ladder is asked.
    const isRefused = error instanceof z.ZodError || [403, 404, 200].includes(statusOf(error) ?? 0);
    const hasNoAnswer = typeof error === 'object' && error !== null && 'errors' in error;
    if (isRefused || (hasNoAnswer && statusOf(error) === undefined)) return { data: {}, refused: new Set() };
    throw error;
  }
};

const flush = async (questions: readonly Question[]): Promise<void> => {
  try {
    const { data, refused } = await questions[0]!.client.explained('read the checks', () => ask(questions));
    questions.forEach(({ resolve }, i) => resolve(rollupOf(i, data, refused)));
  } catch (error) {
    for (const { reject } of questions) reject(error);
  }
};

/** What waits to be asked, by server and credential: a token may see only its own repositories. */
const waiting = new Map<string, Question[]>();

const keyOf = async ({ place, whose }: GithubClient): Promise<string> => `${place.api} ${await whose()}`;

/** Check runs and statuses of a commit: one call for up to 50 commits that are asked for at the same time. */
export const askRollup = async (client: GithubClient, sha: string): Promise<Rollup> => {
  const key = await keyOf(client);
  return new Promise((resolve, reject) => {
    const questions = waiting.get(key) ?? [];
    questions.push({ client, sha, resolve, reject });
    waiting.set(key, questions);
    const send = (): void => {
      if (waiting.get(key) === questions) waiting.delete(key);
      void flush(questions);
    };
    if (questions.length === BATCH) send();
    else if (questions.length === 1)
      setTimeout(() => {
        if (waiting.get(key) === questions) send();
      }, GATHER_MS);
  });
};
