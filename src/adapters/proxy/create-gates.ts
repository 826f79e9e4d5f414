import { RalphError } from '../../domain/error.ts';
import { MODEL_PROVIDERS, providersOf, type ModelProvider } from '../../domain/gate/providers.ts';
import type { AgentId } from '../../domain/spec/task.ts';
import { expiryWarning } from '../../domain/gate/token-text.ts';
import type { Gate, GateOptions, Gates, GateSession, GateSessionOptions } from '../../ports/gate.ts';
import type { Credential, Tokens } from '../../ports/tokens.ts';
import { createCallLog } from './call-log.ts';
import { createDial, type Dial } from './dial.ts';
import type { DispatchDeps } from './dispatch.ts';
import { listenGate } from './gate-server.ts';
import type { GitAuth } from './git-route.ts';
import type { ModelDeps } from './model-call.ts';
import { createPasses, newPass, type LiveSession, type Passes } from './session.ts';
import { baseUrlOf, createUpstream, ownBaseUrl } from './upstream.ts';

export interface GatesOptions {
  /** The runner's own: where the providers are (ANTHROPIC_BASE_URL, OPENAI_BASE_URL, GOOGLE_GEMINI_BASE_URL). */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly tokens: Tokens;
  /** What a model costs; undefined where nobody knows: then it is charged like the dearest of its provider. */
  readonly prices: ModelDeps['prices'];
  readonly now: () => Date;
  /** Hosts that the user lets sandboxes reach beside the package registries (the setting `gate_allow`). */
  readonly allow: readonly string[];
  readonly gitAuth: GitAuth;
  /** How the sandbox's connections to registries are opened; to public addresses only when left out. */
  readonly dial?: Dial;
}

/** How long calls that were ended may take to settle. */
const SETTLE_MS = 5_000;

const expired = ({ expires }: Credential, now: Date): boolean =>
  expires !== undefined && Date.parse(expires) <= now.getTime();

const waysToGive = (agent: AgentId): string => {
  const names = providersOf(agent).flatMap((one) => MODEL_PROVIDERS[one].credentialEnv.map(([name]) => name));
  const whose = agent === 'codex' || agent === 'gemini' ? agent : 'claude';
  return `Set ${names.join(' or ')}, or: ralph token set --agent ${whose}`;
};

/** The credentials that an agent's session may use. Throws RalphError `config` where there is none that is good. */
const credentialsFor = async (
  agent: AgentId,
  { tokens, now }: Pick<GatesOptions, 'tokens' | 'now'>,
): Promise<ReadonlyMap<ModelProvider, Credential>> => {
  const found = new Map<ModelProvider, Credential>();
  let late: Credential | undefined;
  for (const provider of providersOf(agent)) {
    const credential = await tokens.find(provider);
    if (credential === undefined) continue;
    if (expired(credential, now())) late = credential;
    else found.set(provider, credential);
  }
  if (found.size > 0) return found;
  const what =
    late === undefined
      ? `no credential for the agent ${agent}`
      : `the token of ${late.from} expired on ${late.expires ?? ''}`;
  throw new RalphError('config', what, { hint: waysToGive(agent) });
};

type Way = Pick<LiveSession, 'credentials' | 'bases'>;

/** The profile's own endpoint and key; else the providers of the agent with the user's credentials. */
const wayOf = async (
  { agent, access }: GateSessionOptions,
  options: Pick<GatesOptions, 'env' | 'tokens' | 'now'>,
): Promise<Way> => {
  const { endpoint } = access ?? {};
  if (endpoint) {
    const credential: Credential = { kind: 'api-key', value: endpoint.apiKey ?? '', from: 'the profile' };
    return {
      credentials: new Map([['openai', credential]]),
      bases: new Map([['openai', ownBaseUrl(endpoint.baseUrl)]]),
    };
  }
  const credentials = await credentialsFor(agent, options);
  return {
    credentials,
    bases: new Map([...credentials.keys()].map((one) => [one, baseUrlOf(one, options.env)])),
  };
};

/** Opens a session at a gate: a phantom that stands for the credentials, which stay on this side. */
export const openSession = async (
  given: GateSessionOptions,
  { passes, ...options }: { readonly passes: Passes } & Pick<GatesOptions, 'env' | 'tokens' | 'now'>,
): Promise<GateSession> => {
  const { credentials, bases } = await wayOf(given, options);
  const ended = new AbortController();
  const session: LiveSession = {
    phantom: newPass(),
    options: given,
    credentials,
    bases,
    found: {},
    signal: AbortSignal.any([ended.signal, given.signal]),
    calls: new Set(),
  };
  passes.add(session);
  return {
    phantom: session.phantom,
    credential: credentials.get('anthropic')?.kind === 'oauth' ? 'oauth' : 'api-key',
    found: session.found,
    close: async () => {
      passes.remove(session);
      ended.abort();
      const all = Promise.allSettled(session.calls);
      await Promise.race([all, new Promise((resolve) => void setTimeout(resolve, SETTLE_MS).unref())]);
    },
  };
};

const openGate = async (options: GatesOptions, { dir, onCall, repos = [] }: GateOptions): Promise<Gate> => {
  const { prices, now, allow, gitAuth, dial = createDial() } = options;
  const pass = newPass();
  const passes = createPasses(pass);
  const upstream = createUpstream();
  const deps: DispatchDeps = {
    passes,
    log: createCallLog(onCall, () => performance.now()),
    model: { upstream, prices, now },
    git: { upstream, auth: gitAuth, repos },
    tunnel: { dial, allow },
    health: {},
  };
  const listener = await listenGate(deps, { dir });
  const sessions = new Set<GateSession>();
  return {
    url: `http://127.0.0.1:${listener.port}`,
    pass,
    dir,
    session: async (given) => {
      const session = await openSession(given, { ...options, passes });
      sessions.add(session);
      return {
        ...session,
        close: () => {
          sessions.delete(session);
          return session.close();
        },
      };
    },
    close: async () => {
      await Promise.all([...sessions].map((session) => session.close()));
      await listener.close();
      upstream.close();
    },
  };
};

const warningsOf = async (
  agent: AgentId,
  { tokens, now }: Pick<GatesOptions, 'tokens' | 'now'>,
): Promise<readonly string[]> => {
  const texts: string[] = [];
  for (const provider of providersOf(agent)) {
    const found = await tokens.find(provider);
    const late = expiryWarning(found?.expires, now());
    if (late !== undefined) texts.push(`the token of ${found?.from} ${late}: ${waysToGive(agent)}`);
  }
  return texts;
};

/** Gates with real sockets: one for each run that is worked on (agents.md, "Credential injection proxy"). */
export const createGates = (options: GatesOptions): Gates => ({
  open: (given) => openGate(options, given),
  warnings: (agent) => warningsOf(agent, options),
});
