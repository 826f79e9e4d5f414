import { RalphError } from '../../domain/error.ts';
import type { Profile } from '../../domain/models.ts';
import { costUsd } from '../../domain/pricing.ts';
import type { Prices } from '../../domain/pricing.ts';
import type { Clock } from '../../ports/host.ts';
import type { ModelAnswer, ModelPort, ModelRequest } from '../../ports/model.ts';
import { estimateCall, profileInfo } from './openai.ts';
import type { Script, ScriptEntry, ScriptProfile } from './script.ts';

const toPrices = ({ prices }: ScriptProfile): Prices => ({
  inputPerMtok: prices.input_per_mtok,
  outputPerMtok: prices.output_per_mtok,
});

const toProfile = (name: string, row: ScriptProfile): Profile => ({
  name,
  provider: 'scripted',
  model: row.model,
  maxOutputTokens: row.max_output_tokens,
  structured: 'prompt',
  prices: toPrices(row),
  ...(row.fallback !== undefined && { fallback: row.fallback }),
  tags: row.tags,
  idleTimeoutS: 120,
  callTimeoutS: 900,
});

/** The iteration as the prompt tells it: the last such line of the first user message; 1 when there is none. */
const iterationOf = ({ messages }: ModelRequest): number => {
  const prompt = messages.find(({ role }) => role === 'user')?.content ?? '';
  const told = [...prompt.matchAll(/^Iteration: (\d{1,9})/gm)].at(-1)?.[1];
  return Math.max(1, Number(told ?? 1));
};

const entriesFor = (script: Script, { profile, schema }: ModelRequest): readonly ScriptEntry[] => {
  const own = script.profiles[profile];
  const list =
    schema.name === 'diagnose' ? (own?.diagnose ?? script.diagnose) : (own?.answers ?? script.answers);
  if (list !== undefined && list.length > 0) return list;
  throw new RalphError(
    'config',
    `the script has no ${schema.name === 'diagnose' ? 'diagnose' : 'answers'} for ${profile}`,
  );
};

/** The entry of this iteration (past the end the last one), and past those whose `times` are used up. */
const choose = (
  entries: readonly ScriptEntry[],
  iteration: number,
  used: Map<ScriptEntry, number>,
): ScriptEntry => {
  let at = Math.min(iteration, entries.length) - 1;
  for (; at < entries.length - 1; at += 1) {
    const entry = entries[at]!;
    const times = 'times' in entry ? entry.times : undefined;
    const before = used.get(entry) ?? 0;
    used.set(entry, before + 1);
    if (times === undefined || before < times) return entry;
  }
  return entries[at]!;
};

const textOf = (entry: ScriptEntry, isRepair: boolean): string => {
  if (isRepair && entry.repair !== undefined) return entry.repair;
  if ('answer' in entry) return JSON.stringify(entry.answer);
  return 'text' in entry ? entry.text : '';
};

const play = (entry: ScriptEntry, profile: Profile, isRepair: boolean): ModelAnswer => {
  const usage = { inputTokens: entry.usage.input_tokens, outputTokens: entry.usage.output_tokens };
  const charge = { usage, costUsd: entry.cost_usd ?? costUsd(profile.prices, usage) };
  const free = { usage: { inputTokens: 0, outputTokens: 0 }, costUsd: 0 };
  if ('rate_limited' in entry) {
    return {
      kind: 'rate-limited',
      waitMs: entry.rate_limited.wait_ms,
      detail: `${profile.name}: rate limit of the script`,
      ...free,
    };
  }
  if ('failed' in entry) {
    return { kind: 'failed', ...entry.failed, detail: `${profile.name}: ${entry.failed.detail}`, ...free };
  }
  const finish = 'finish' in entry && !(isRepair && entry.repair !== undefined) ? entry.finish : 'stop';
  return { kind: 'ok', text: textOf(entry, isRepair), finish, ...charge };
};

/**
 * A model that says what a script says, for tests and the demo; its provider is always `scripted`. The entry is chosen
 * by the iteration that stands in the prompt, so a resumed run goes on where it was.
 */
export const createScriptedModel = (script: Script, clock: Clock, as?: readonly Profile[]): ModelPort => {
  const own = Object.entries(script.profiles).map(([name, row]) => toProfile(name, row));
  const profiles = as ?? own;
  const used = new Map<ScriptEntry, number>();
  const find = (name: string): Profile => {
    const profile = profiles.find((one) => one.name === name);
    if (profile === undefined) {
      throw new RalphError('config', `no model profile ${name} in the script`, {
        hint: `known profiles: ${profiles.map((one) => one.name).join(', ')}`,
      });
    }
    return profile;
  };
  return {
    profiles: profiles.map(profileInfo),
    estimate: (name, messages) => estimateCall(find(name), messages),
    check: (name) => (find(name), []),
    complete: async (request) => {
      const profile = find(request.profile);
      const isRepair = request.messages.some(({ role }) => role === 'assistant');
      const entry = choose(entriesFor(script, request), iterationOf(request), used);
      if (entry.delay_ms > 0) await clock.sleep(entry.delay_ms, request.signal);
      if (request.signal?.aborted === true) {
        const nothing = { usage: { inputTokens: 0, outputTokens: 0 }, costUsd: 0 };
        return { kind: 'failed', failure: 'cancelled', retryable: false, detail: 'called off', ...nothing };
      }
      const answer = play(entry, profile, isRepair);
      if (answer.kind === 'ok' && answer.text !== '') request.onDelta?.(answer.text);
      return answer;
    },
  };
};
