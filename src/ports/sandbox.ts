import type { BackendId } from '../domain/backend.ts';
import type { Exit } from '../domain/exit.ts';
import type { NetworkMode } from '../domain/network.ts';

export interface Output {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}
export interface ExecRequest {
  /** Never a shell string. */
  readonly argv: readonly [string, ...string[]];
  /** Absolute, or the sandbox's workdir when left out. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Passes by the sandbox's `queue`: for commands of the agent, which may take hours. */
  readonly unqueued?: true;
  /**
   * Ends soon, leaves nothing running behind, and its output is wanted only once it has ended: a shell that stays in
   * the sandbox may run it (no new process from outside). Our own file and git scripts, never a command of the agent.
   */
  readonly short?: true;
  /** Called while the process runs, with everything it prints (invalid UTF-8 becomes U+FFFD). */
  readonly onOutput?: (chunk: Output) => void;
  /** UTF-16 units of a stream after which `onOutput` is not called any more: what follows is only in tail and count. */
  readonly maxOutput?: number;
}
/** `stdout` and `stderr` are bounded tails (64 KiB); the full text only ever goes through `onOutput`. */
export interface ExecResult {
  readonly exit: Exit;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
  /** Bytes of each stream, all of it; undefined where the backend cannot tell. */
  readonly bytes?: Readonly<Record<Output['stream'], number>>;
  readonly durationMs: number;
}
/** Plain JSON, in `.ralph/run.json`, so that another process can attach. */
export interface SandboxRef {
  readonly backend: BackendId;
  readonly id: string;
}
/** A long-lived helper's stdin and stdout. */
export interface Channel {
  write(text: string): void;
  readonly lines: AsyncIterable<string>;
  close(): void;
}
/** What a sandbox takes now; a limit is undefined where there is none. */
export interface SandboxStats {
  /** Of one core: 250 is two and a half cores. Undefined until two samples were taken. */
  readonly cpuPercent: number | undefined;
  readonly cpuLimitPercent: number | undefined;
  /** Undefined, as `pids`, where the machine does not count for a single sandbox. */
  readonly memoryBytes: number | undefined;
  readonly memoryLimitBytes: number | undefined;
  readonly pids: number | undefined;
  readonly pidsLimit: number | undefined;
}
export interface Sandbox {
  readonly ref: SandboxRef;
  /** Absolute path of the folder in which the clone lies. */
  readonly workdir: string;
  /** Where `SandboxSpec.gateDir` is seen inside; undefined where sockets cannot be passed in. */
  readonly gateDir?: string;
  /** Throws RalphError `sandbox.unavailable` only when the sandbox itself is gone; a failing process is a value. */
  exec(request: ExecRequest): Promise<ExecResult>;
  stop(): Promise<void>;
  /** Twice is once. */
  destroy(): Promise<void>;
  /** Fast transfer of a tar stream into `dir`, where the backend has one. */
  put?(tar: AsyncIterable<Uint8Array>, dir: string): Promise<void>;
  /** Where short processes load the runner's own machine: first come first served, only so many at once. */
  queue?<T>(task: () => Promise<T>): Promise<T>;
  /** Its standard error is dropped; whoever opens it closes it, and `stop` ends it. */
  open?(argv: readonly [string, ...string[]]): Promise<Channel>;
  /** One `exec` costs far more than a process here: `short` requests then share a shell that `open` starts. */
  readonly isExecDear?: true;
  previewUrl?(port: number): Promise<string>;
  stats?(): Promise<SandboxStats>;
}
export interface SandboxSpec {
  readonly name: string;
  /** A folder of the runner that the local backend works in and containers mount; it outlives them. Others ignore it. */
  readonly hostDir: string;
  readonly image?: string;
  readonly resources?: {
    readonly vcpu?: number;
    readonly memoryGib?: number;
    readonly diskGib?: number;
    readonly pids?: number;
  };
  /** Left out: `none`. Backends without isolation ignore it. */
  readonly network?: NetworkMode;
  /** Folder of the runner with the run's gate; shown inside where the backend can pass sockets in. */
  readonly gateDir?: string;
  /** The work tree and everything else but temporary folders cannot be written. */
  readonly readOnly?: boolean;
  /** Folders in the work tree of a `readOnly` sandbox that can be written all the same: relative, there already. */
  readonly writable?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}
export interface Finding {
  readonly level: 'ok' | 'warn' | 'fail';
  readonly what: string;
  readonly hint?: string;
  /** Limits of memory, CPU and processes are taken and have no effect on this machine. */
  readonly noLimits?: true;
}
export interface SandboxProvider {
  readonly id: BackendId;
  /** Shown by the UI; the engine never branches on the backend. */
  readonly traits: { readonly isolated: boolean; readonly preview: boolean };
  /** `ralph doctor` and the start gate. */
  check(): Promise<readonly Finding[]>;
  create(spec: SandboxSpec, signal?: AbortSignal): Promise<Sandbox>;
  /** Whether it is up, without waking it; undefined when it is gone. Where it is not there, `attach` wakes nothing. */
  isRunning?(ref: SandboxRef): Promise<boolean | undefined>;
  /** Starts it where it was stopped. Undefined when it is gone. */
  attach(ref: SandboxRef): Promise<Sandbox | undefined>;
  list(labels: Readonly<Record<string, string>>): Promise<readonly SandboxRef[]>;
}
