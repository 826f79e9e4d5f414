import { SCHEMA } from '../domain/schema-mark.ts';
import { blankRun, type RunState } from '../domain/run-state.ts';
import type { SandboxRef } from '../ports/sandbox.ts';
import type { RunHome } from '../ports/run-home.ts';
import type { RunContext } from './run-context.ts';

/** run.json: a cache for lists, rebuilt from the log at any time (state.md, Files). */
export interface RunJson {
  readonly schema: typeof SCHEMA;
  readonly owner: 'foreground' | 'supervisor' | 'none';
  readonly sandbox?: SandboxRef;
  /** Where the state ref stood at the remote when this was written. */
  readonly stateRef?: { readonly pushedSha: string };
  readonly state: RunState;
}

/** Writes the cache; called when the status changes and after each iteration. */
export const writeRunJson = (ctx: RunContext): void => {
  const { owner } = ctx;
  const pushedSha = ctx.pushedStateSha;
  const json: RunJson = {
    schema: SCHEMA,
    owner,
    ...(ctx.sandbox && { sandbox: ctx.sandbox }),
    ...(pushedSha !== undefined && { stateRef: { pushedSha } }),
    state: ctx.state,
  };
  ctx.home.state.write('run.json', `${JSON.stringify(json, undefined, 1)}\n`);
};

/** The cache as it stands in a home; undefined when it is missing or broken. */
export const readRunJson = (home: RunHome): RunJson | undefined => {
  const text = home.state.readText('run.json');
  try {
    return text === undefined ? undefined : parseRunJson(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** Undefined when the text is not one of ours. Fields of the state are trusted: the runner alone writes it. */
export const parseRunJson = (value: unknown): RunJson | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const json = value as Partial<RunJson>;
  if (json.schema !== SCHEMA || typeof json.state !== 'object' || !json.state) return undefined;
  // A cache that an older version wrote lacks what states have got since then.
  return { ...(json as RunJson), state: { ...blankRun(json.state.id), ...json.state } };
};
