import { doneSchema, type Done } from '../domain/iteration-record.ts';
import type { RunState } from '../domain/run-state.ts';
import { emit, type RunContext } from './run-context.ts';

const covered = [
  'prompt.md',
  'response.json',
  'actions.jsonl',
  'git_diff.patch',
  'test_output.txt',
  'metrics.json',
];

const pathOf = (n: number): string => `iterations/${n}/done.json`;

export interface DoneRequest {
  readonly n: number;
  readonly headSha: string;
  readonly boxes: RunState['boxes'];
}

/** Its appearance commits the iteration (state.md, Files). */
export const writeDone = (ctx: RunContext, request: DoneRequest): void => {
  const { state } = ctx.home;
  const { n } = request;
  const hashes = covered.flatMap((name) => {
    const sha = state.sha256(`iterations/${n}/${name}`);
    return sha === undefined ? [] : [[name, sha] as const];
  });
  const done: Done = {
    n,
    head_sha: request.headSha,
    sha256: Object.fromEntries(hashes),
    spent: {
      cost_usd: ctx.state.spent.costUsd,
      tokens: ctx.state.spent.tokens,
      running_ms: Math.round(ctx.home.journal.up),
    },
    boxes: Object.fromEntries(Object.entries(request.boxes).map(([id, box]) => [id, box.checked])),
    previous: state.sha256(pathOf(n - 1)) ?? null,
  };
  state.write(pathOf(n), `${JSON.stringify(done, undefined, 2)}\n`);
};

/** The done.json of an iteration when it is whole and all that it covers is unchanged; else undefined. */
export const readDone = (ctx: RunContext, n: number): Done | undefined => {
  const { state } = ctx.home;
  const text = state.readText(pathOf(n));
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const done = doneSchema.safeParse(parsed).data;
  if (!done || done.n !== n) return undefined;
  const broken = Object.entries(done.sha256).find(
    ([name, sha]) => state.sha256(`iterations/${n}/${name}`) !== sha,
  );
  if (broken) {
    emit(ctx, {
      type: 'warning',
      about: 'recovery',
      text: `iterations/${n}/${broken[0]} does not match its done.json`,
    });
    return undefined;
  }
  return done;
};
