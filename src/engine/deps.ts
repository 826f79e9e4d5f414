import type { BackendId } from '../domain/backend.ts';
import type { EnvFile } from '../domain/env-file.ts';
import type { Agent } from '../ports/agent.ts';
import type { ContainerStore } from '../ports/container-store.ts';
import type { Gates } from '../ports/gate.ts';
import type { Host } from '../ports/host.ts';
import type { IssuePlace } from '../ports/issues.ts';
import type { ModelPort } from '../ports/model.ts';
import type { RunHomes } from '../ports/run-home.ts';
import type { Remote } from '../ports/run-repo.ts';
import type { SandboxProvider } from '../ports/sandbox.ts';
import type { ScmProvider } from '../ports/scm.ts';

/** Everything outside that the engine acts through; put together in compose/engine.ts, faked in tests. */
export interface EngineDeps {
  readonly host: Host;
  readonly homes: RunHomes;
  /** The profiles of one run, from the models.yaml that it was made with (undefined: the built-in ones). */
  readonly models: (modelsYaml: string | undefined) => Promise<ModelPort>;
  readonly provider: (id: BackendId) => Promise<SandboxProvider>;
  /** Throws RalphError `config` for an agent that this version does not drive. */
  readonly agent: (kind: string, models: ModelPort) => Agent;
  /** Where sandboxes without network get their way out; undefined where a run has to do without. */
  readonly gates: Gates | undefined;
  /** Images and containers of a backend that keeps them; undefined for the others. */
  readonly containers: (id: BackendId) => Promise<ContainerStore | undefined>;
  /** Checked anew each time. Throws RalphError `config` with what to do. */
  readonly envFile: (path: string) => Promise<EnvFile>;
  readonly scm: (remote: Remote) => Promise<ScmProvider>;
  /** The issue of that name, as a task file has it; undefined where no forge is known for it. */
  readonly issues: (issue: string) => Promise<IssuePlace | undefined>;
  /** Profiles for what the task file leaves open (settings). */
  readonly defaults: { readonly fallback?: string; readonly diagnose?: string };
  /** How often the forge's checks are looked at, and how long they are waited for. */
  readonly checks: { readonly pollMs: number; readonly limitMs: number };
  readonly redact: (text: string) => string;
  /** The gate before a push: what looks like a secret in the added lines of a diff. */
  readonly scanDiff: (patch: string) => Promise<readonly { readonly rule: string; readonly line: number }[]>;
  /**
   * First come, first served: a run's turn to use the runner itself, held from the end of a session to the start of
   * the next but for commands, the network and model calls. Without it, hundreds of runs get in each other's way.
   */
  readonly turn: () => Promise<() => void>;
  /** In [0, 1), for back-off jitter. */
  readonly random: () => number;
}
