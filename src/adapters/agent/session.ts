import { createLineSplitter } from '../../domain/agent-stream/line-splitter.ts';
import { createTranscript, parseLine, type Transcript } from '../../domain/agent-stream/transcript.ts';
import { RalphError } from '../../domain/error.ts';
import { sanitize } from '../../domain/terminal.ts';
import type { Agent, Turn, TurnOutcome } from '../../ports/agent.ts';
import type { GateSession } from '../../ports/gate.ts';
import type { Host } from '../../ports/host.ts';
import type { ModelAccess, ModelPort, ProfileInfo } from '../../ports/model.ts';
import type { ExecResult, Output, Sandbox } from '../../ports/sandbox.ts';
import type { AgentKind, Place } from './kind.ts';
import { outcomeOf, type Cut } from './outcome.ts';
import { endSession, makeSessionDir, writeSessionFiles } from './session-place.ts';
import { createWatch } from './watch.ts';

export interface CliAgentDeps {
  readonly kind: AgentKind;
  readonly models: ModelPort;
  readonly host: Pick<Host, 'clock' | 'newId'>;
}

/** Carried by every process of one session. */
const TAG = 'RALPH_SESSION';
/** Output after which nothing is read any more: what says so much works no more, and the idle limit ends it. */
const MAX_OUTPUT = 256 * 1024 * 1024;

/** Its shells may empty git's configuration, and a fresh home has none. */
const identity = {
  GIT_AUTHOR_NAME: 'ralph',
  GIT_AUTHOR_EMAIL: 'ralph@localhost',
  GIT_COMMITTER_NAME: 'ralph',
  GIT_COMMITTER_EMAIL: 'ralph@localhost',
};

interface Ran {
  readonly result: ExecResult;
  readonly cut: Cut | undefined;
}
interface Prepared {
  readonly turn: Turn;
  readonly box: Sandbox;
  readonly place: Place;
  readonly tag: string;
  readonly gate: GateSession | undefined;
  readonly transcript: Transcript;
}

/** Lines of a stream become facts; plain text becomes what was said, a line at a time. */
const createReader = (deps: CliAgentDeps, transcript: Transcript) => {
  const { clock } = deps.host;
  const read = deps.kind.reader?.(() => clock.now().getTime());
  const onLine = (line: string): void => {
    if (!read) {
      const text = sanitize(line).trim();
      // The last line stands for the final answer: what came before may be an echo of the prompt.
      if (text === '') return;
      transcript.take({ kind: 'said', text, piece: false, alone: true });
      return;
    }
    const fields = parseLine(line);
    if (fields) for (const fact of read(fields)) transcript.take(fact);
  };
  return createLineSplitter(onLine);
};

const run = async (deps: CliAgentDeps, prepared: Prepared): Promise<Ran> => {
  const { turn, box, place, transcript, gate } = prepared;
  const { clock } = deps.host;
  const lines = createReader(deps, transcript);
  let lastSign = clock.monotonicMs();
  const take = ({ stream, text }: Output): void => {
    lastSign = clock.monotonicMs();
    if (stream === 'stdout') lines.push(text);
  };
  const stop = new AbortController();
  const done = new AbortController();
  const watch = createWatch({ clock, limits: turn.limits, gate, transcript, lastSign: () => lastSign });
  const watching = watch.run(done.signal).then((cut) => {
    if (cut) stop.abort();
    return cut;
  });
  try {
    const result = await box.exec({
      argv: ['sh', '-c', 'exec "$@" < "$0"', place.promptFile, ...deps.kind.argv(place)],
      cwd: turn.repoDir,
      env: { ...identity, ...turn.env(), ...deps.kind.env(place), [TAG]: prepared.tag },
      signal: AbortSignal.any([turn.signal, stop.signal]),
      timeoutMs: Math.max(1, turn.limits.leftMs),
      unqueued: true,
      maxOutput: MAX_OUTPUT,
      onOutput: take,
    });
    lines.end();
    return { result, cut: stop.signal.aborted ? await watching : undefined };
  } finally {
    done.abort();
  }
};

const conclude = (deps: CliAgentDeps, prepared: Prepared, ran: Ran): TurnOutcome => {
  const { turn, transcript, gate } = prepared;
  const { exit, stderr, durationMs } = ran.result;
  const report = transcript.report();
  const { ended, turns } = report;
  turn.onEvent({
    type: 'agent.ended',
    n: turn.n,
    agent: deps.kind.id,
    exit,
    ms: Math.round(durationMs),
    ...(turns > 0 && { turns }),
    ...(ended?.costUsd !== undefined && { costUsd: ended.costUsd }),
  });
  const byExit = exit.kind === 'code' && exit.code === deps.kind.turnLimitExit;
  return outcomeOf({
    agent: deps.kind.id,
    found: gate?.found ?? {},
    report,
    exit,
    cut: ran.cut,
    turnLimit: ended?.limit === 'turns' || byExit,
    complaint: stderr,
    cancelled: turn.signal.aborted,
  });
};

/** The profile's model and prices; its own endpoint only for an agent that can speak to any. */
const accessOf = ({ kind, models }: CliAgentDeps, profile: string): ModelAccess | undefined =>
  models.access?.(profile, { own: kind.providers === undefined });

const openGate = async (deps: CliAgentDeps, turn: Turn): Promise<GateSession | TurnOutcome | undefined> => {
  const { kind } = deps;
  if (!turn.gate) {
    if (!kind.needsModel) return undefined;
    const detail = `${kind.id} has no way to its model in this run`;
    return { kind: 'failed', fatal: true, detail, raw: '' };
  }
  try {
    const { profile, meter, signal } = turn;
    const access = accessOf(deps, profile);
    return await turn.gate.session({ agent: kind.id, profile, meter, signal, ...(access && { access }) });
  } catch (error) {
    if (!(error instanceof RalphError) || error.code !== 'config') throw error;
    // It may need no model, or bring its own way to one.
    if (!kind.needsModel) return undefined;
    const detail = error.hint === undefined ? error.message : `${error.message}: ${error.hint}`;
    return { kind: 'failed', fatal: false, pause: 'token expired', detail, raw: '' };
  }
};

const placeOf = async (
  deps: CliAgentDeps,
  { turn, dir, gate }: { turn: Turn; dir: string; gate: GateSession | undefined },
): Promise<Place> => {
  const profile = deps.models.profiles.find(({ name }) => name === turn.profile);
  return {
    dir,
    repoDir: turn.repoDir,
    promptFile: `${dir}/prompt.md`,
    n: turn.n,
    model: profile?.model ?? turn.profile,
    provider: profile?.provider ?? '',
    ownEndpoint: gate !== undefined && accessOf(deps, turn.profile)?.endpoint !== undefined,
    maxTurns: turn.limits.maxTurns,
    command: turn.command ?? '',
    access: gate && { url: await turn.gateUrl(), phantom: gate.phantom, credential: gate.credential },
  };
};

const inSandbox = async (
  deps: CliAgentDeps,
  { turn, box, gate }: { turn: Turn; box: Sandbox; gate: GateSession | undefined },
): Promise<TurnOutcome> => {
  const tag = `${TAG}=${deps.host.newId()}${deps.host.newId()}`;
  let dir = '';
  try {
    dir = await makeSessionDir(box);
    const place = await placeOf(deps, { turn, dir, gate });
    const prompt = `${turn.system}\n\n---\n\n${turn.prompt}`;
    await writeSessionFiles(box, dir, { 'prompt.md': prompt, ...deps.kind.files(place) });
    if (turn.signal.aborted) return { kind: 'cancelled' };
    const transcript = createTranscript(turn.n, turn.onEvent);
    const prepared = { turn, box, place, gate, transcript, tag: tag.slice(TAG.length + 1) };
    return conclude(deps, prepared, await run(deps, prepared));
  } finally {
    await endSession(box, tag, dir);
  }
};

const session = async (deps: CliAgentDeps, turn: Turn, box: Sandbox): Promise<TurnOutcome> => {
  if (turn.signal.aborted) return { kind: 'cancelled' };
  const gate = await openGate(deps, turn);
  if (gate && 'kind' in gate) return gate;
  try {
    return await inSandbox(deps, { turn, box, gate });
  } finally {
    await gate?.close();
  }
};

const problem = (
  kind: AgentKind,
  profile: ProfileInfo | undefined,
): ReturnType<NonNullable<Agent['problem']>> => {
  if (!kind.needsModel || !profile) return undefined;
  const { providers, id } = kind;
  const fits = profile.provider !== 'scripted' && (providers?.includes(profile.provider) ?? true);
  if (fits) return undefined;
  const wanted = providers?.map((name) => `${name}/…`).join(' or ') ?? 'a real provider';
  return {
    message: `agent: ${id} cannot work with profile ${profile.name} (${profile.provider}/${profile.model})`,
    hint: `take a profile with litellm_model: ${wanted} (--profile, model_profile_default), or another agent`,
  };
};

/**
 * An agent that is a program of its own: one fresh process per session in the sandbox, the prompt on its standard
 * input, its machine-readable output read line by line, and no process of it left when the session is over.
 */
export const createCliAgent = (deps: CliAgentDeps): Agent => ({
  session: (turn, box) => session(deps, turn, box),
  problem: (profile) =>
    problem(
      deps.kind,
      deps.models.profiles.find(({ name }) => name === profile),
    ),
});
