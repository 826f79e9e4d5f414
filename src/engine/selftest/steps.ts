import { RalphError } from '../../domain/error.ts';
import { describeExit, succeeded } from '../../domain/exit.ts';
import { gateEnvironment } from '../../domain/gate/environment.ts';
import type { SelftestCheckId } from '../../domain/selftest.ts';
import type { Agent, Meter } from '../../ports/agent.ts';
import type { Gate, Gates } from '../../ports/gate.ts';
import type { Host } from '../../ports/host.ts';
import type { Trap } from '../../ports/trap.ts';
import type { ExecResult, Sandbox, SandboxProvider } from '../../ports/sandbox.ts';
import type { AgentId } from '../../domain/spec/task.ts';
import { agentHint } from './agent-hint.ts';
import { openRelay } from '../workspace/relay.ts';
import { supervise } from '../workspace/supervise.ts';

export interface SelftestDeps {
  readonly host: Host;
  readonly agentId: AgentId;
  readonly agent: Agent;
  readonly profile: string;
  /** The image of its sandbox; undefined where the backend keeps none. Throws RalphError when it is not there. */
  readonly image: () => Promise<string | undefined>;
  readonly provider: () => Promise<SandboxProvider>;
  readonly gates: Gates;
  /** Whether a gate answers at its address, asked from this machine. */
  readonly isHealthy: (url: string) => Promise<boolean>;
  /** In [0, 1), for the relay's port. */
  readonly random: () => number;
  readonly trap: () => Promise<Trap>;
  /** A folder of the runner for this test alone. */
  readonly workDir: string;
  /** Ends the test early; what it made is taken down all the same. */
  readonly signal: AbortSignal;
}
/** What the steps before have made; clean-up takes it down, whatever is there. */
export interface Stage {
  readonly id: string;
  gate?: Gate;
  provider?: SandboxProvider;
  image?: string;
  raw?: Sandbox;
  box?: Sandbox;
  /** The gate as it is reached from the sandbox. */
  url?: string;
}
export interface Step {
  readonly id: SelftestCheckId;
  readonly title: string;
  readonly needs: readonly SelftestCheckId[];
  /** What was seen. Throws RalphError with a hint for what is wrong. */
  run(deps: SelftestDeps, stage: Stage): Promise<string>;
}
/** Thrown by a step that does not apply here. */
export const notHere = Symbol('does not apply');

const MOST_TOKENS = 200_000;
const GIT_WAIT_MS = 15_000;
const AGENT_WAIT_MS = 180_000;

const wrong = (message: string, hint: string): RalphError =>
  new RalphError('sandbox.unavailable', message, { hint });

const boxOf = (stage: Stage): Sandbox => {
  if (stage.box === undefined) throw new RalphError('bug', 'the test sandbox is not there');
  return stage.box;
};
const gateOf = (stage: Stage): Gate => {
  if (stage.gate === undefined) throw new RalphError('bug', 'the gate is not open');
  return stage.gate;
};

/** A few calls at most: a test must not run up a bill. */
const capped = (host: Host): Meter & { readonly tokens: number } => {
  let tokens = 0;
  return {
    get tokens() {
      return tokens;
    },
    reserve: ({ most }) => (tokens + most.tokens > MOST_TOKENS ? { over: 'tokens' } : { call: host.newId() }),
    settle: (_call, { usage }) => {
      tokens += usage.inputTokens + usage.outputTokens;
    },
  };
};

const token: Step = {
  id: 'token',
  title: 'a credential for the agent',
  needs: [],
  run: async ({ gates, workDir, host, ...deps }, stage) => {
    stage.gate = await gates.open({ run: stage.id, dir: `${workDir}/gate`, onCall: () => {} });
    const { agentId, profile, signal } = deps;
    const session = await stage.gate.session({ agent: agentId, profile, meter: capped(host), signal });
    await session.close();
    return `found (${session.credential})`;
  },
};

const proxy: Step = {
  id: 'proxy',
  title: 'the gate is up',
  needs: ['token'],
  run: async ({ isHealthy }, stage) => {
    const { url } = gateOf(stage);
    if (!(await isHealthy(url)))
      throw wrong(`nothing answers at ${url}`, 'this is a bug of ralph: report it');
    return url;
  },
};

const image: Step = {
  id: 'image',
  title: 'backend and image',
  needs: [],
  run: async (deps, stage) => {
    stage.provider = await deps.provider();
    const findings = await stage.provider.check();
    const failed = findings.find(({ level }) => level === 'fail');
    if (failed) throw wrong(failed.what, failed.hint ?? 'ralph doctor tells more');
    const name = await deps.image();
    if (name !== undefined) stage.image = name;
    return name === undefined ? stage.provider.id : `${stage.provider.id}, ${name}`;
  },
};

const sandbox: Step = {
  id: 'sandbox',
  title: 'a test sandbox',
  needs: ['image'],
  run: async (deps, stage) => {
    const { provider, id } = stage;
    stage.raw = await provider!.create({
      name: `ralph-selftest-${id}`,
      hostDir: `${deps.workDir}/sandbox`,
      env: {},
      labels: { 'ralph.selftest': id },
      network: 'proxy',
      gateDir: `${deps.workDir}/gate`,
      ...(stage.image !== undefined && { image: stage.image }),
    });
    stage.box = supervise(stage.raw, () => deps.host.newId());
    const script = 'git init -q repo && cd repo && git version';
    const out = await stage.box.exec({ argv: ['sh', '-c', script], timeoutMs: 60_000 });
    if (!succeeded(out.exit)) throw wrong(saidBy(out), 'the image needs git and sh: ralph image build');
    return `${stage.raw.ref.id.slice(0, 24)}, ${out.stdout.trim()}`;
  },
};

const saidBy = ({ exit, stderr, stdout }: ExecResult): string =>
  `${describeExit(exit)}: ${(stderr.trim() || stdout.trim()).split('\n').slice(-3).join(' ')}`;

const network: Step = {
  id: 'network',
  title: 'no network but the gate',
  needs: ['sandbox'],
  run: async (_deps, stage) => {
    if (stage.provider?.traits.isolated === false) throw notHere;
    const links = await boxOf(stage).exec({ argv: ['ls', '/sys/class/net'], timeoutMs: 30_000 });
    const names = links.stdout.split(/\s+/).filter((name) => name !== '' && name !== 'lo');
    // Tunnels that the kernel shows in every namespace are down and lead nowhere.
    const up = names.filter(
      (name) => !/^(?:tunl|sit|gre|gretap|erspan|ip_vti|ip6_vti|ip6tnl|ip6gre)\d$/.test(name),
    );
    if (up.length > 0)
      throw wrong(`the sandbox has ${up.join(', ')}`, 'the backend did not apply network: proxy');
    return 'only loopback';
  },
};

const reach: Step = {
  id: 'reach',
  title: 'the gate from inside',
  needs: ['proxy', 'sandbox'],
  run: async ({ random }, stage) => {
    const { url } = gateOf(stage);
    if (stage.raw?.gateDir === undefined) {
      stage.url = url;
      return url;
    }
    const relay = await openRelay(boxOf(stage), random);
    stage.url = relay.url;
    return `${relay.url}, by ${relay.program}`;
  },
};

const agent: Step = {
  id: 'agent',
  title: 'the agent says ok',
  needs: ['reach'],
  run: async ({ agent: cli, agentId, profile, host, signal }, stage) => {
    const meter = capped(host);
    const outcome = await cli.session(
      {
        n: 1,
        system: '',
        prompt: 'This is a test of the connection. Answer with the single word ok. Use no tool.',
        profile,
        meter,
        signal: AbortSignal.any([signal, AbortSignal.timeout(AGENT_WAIT_MS)]),
        repoDir: `${boxOf(stage).workdir}/repo`,
        gate: gateOf(stage),
        gateUrl: () => Promise.resolve(stage.url ?? gateOf(stage).url),
        env: () => ({}),
        limits: { idleMs: AGENT_WAIT_MS, maxTurns: 4, leftMs: AGENT_WAIT_MS },
        command: undefined,
        onEvent: () => {},
      },
      boxOf(stage),
    );
    if (outcome.kind === 'worked' && /\bok\b/i.test(outcome.summary))
      return `${agentId}: ok, ${meter.tokens} tokens`;
    const said = 'detail' in outcome ? outcome.detail : 'summary' in outcome ? outcome.summary : '';
    throw wrong(
      `${agentId}: ${outcome.kind}${said === '' ? '' : `: ${said.slice(0, 300)}`}`,
      agentHint(agentId, outcome),
    );
  },
};

/** git is in every sandbox, opens plain connections, and says what a proxy answered. */
const lsRemote = (
  stage: Stage,
  { url, env = {}, signal }: { url: string; env?: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<ExecResult> =>
  boxOf(stage).exec({
    argv: ['git', 'ls-remote', url],
    env: { GIT_TERMINAL_PROMPT: '0', ...env },
    timeoutMs: GIT_WAIT_MS,
    signal,
  });

const isolation: Step = {
  id: 'isolation',
  title: 'nobody else can be reached',
  needs: ['reach'],
  run: async (deps, stage) => {
    if (stage.provider?.traits.isolated === false) throw notHere;
    const trap = await deps.trap();
    try {
      await trap.prove();
      const { signal } = deps;
      for (const host of trap.hosts)
        await lsRemote(stage, { url: `git://${host}:${trap.port}/trap`, signal });
      if (trap.hits > 0)
        throw wrong(
          'the sandbox reached a listener on this machine',
          'the backend did not apply network: proxy',
        );
      const gate = gateOf(stage);
      const env = gateEnvironment({ url: stage.url ?? gate.url, pass: gate.pass });
      const foreign = await lsRemote(stage, { url: 'https://selftest.invalid/x', env, signal });
      if (succeeded(foreign.exit) || !foreign.stderr.includes('403'))
        throw wrong(
          `the gate did not refuse a foreign host: ${saidBy(foreign)}`,
          'this is a bug of ralph: report it',
        );
      return `${trap.hosts.length} addresses of this machine not reached, a foreign host refused by the gate`;
    } finally {
      await trap.close();
    }
  },
};

const cleanUp: Step = {
  id: 'clean-up',
  title: 'nothing is left',
  needs: [],
  run: async (_deps, stage) => {
    const failures: unknown[] = [];
    const tidy = async (task: (() => Promise<unknown>) | undefined): Promise<void> => {
      await task?.().catch((error: unknown) => failures.push(error));
    };
    await tidy(stage.raw && (() => stage.raw!.destroy()));
    await tidy(stage.gate && (() => stage.gate!.close()));
    if (failures[0] !== undefined) throw failures[0];
    const left = (await stage.provider?.list({ 'ralph.selftest': stage.id })) ?? [];
    if (left.length > 0)
      throw wrong(`${left.length} sandboxes are left`, `remove ${left[0]?.id ?? ''} by hand`);
    return 'sandbox and gate are gone';
  },
};

/** In the order in which they run. */
export const steps: readonly Step[] = [
  token,
  proxy,
  image,
  sandbox,
  network,
  reach,
  agent,
  isolation,
  cleanUp,
];
