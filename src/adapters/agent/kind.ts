import type { FactReader } from '../../domain/agent-stream/fact.ts';
import type { AgentId } from '../../domain/spec/task.ts';

/** What an agent's arguments, environment and files are made of. */
export interface Place {
  /** Folder of this session in the sandbox, outside of the clone; gone after it. */
  readonly dir: string;
  readonly repoDir: string;
  readonly promptFile: string;
  readonly n: number;
  /** As the endpoint knows it, without the provider. */
  readonly model: string;
  readonly provider: string;
  /** It is an OpenAI-compatible endpoint of the user's own. */
  readonly ownEndpoint: boolean;
  readonly maxTurns: number;
  /** `agent_command` of the task. */
  readonly command: string;
  readonly access: Access | undefined;
}
/** The way to the model. */
export interface Access {
  readonly url: string;
  readonly phantom: string;
  readonly credential: 'api-key' | 'oauth';
}
type Env = Readonly<Record<string, string>>;

/** One agent as data: how it is started, what it reads, what it says. */
export interface AgentKind {
  readonly id: Exclude<AgentId, 'actions'>;
  /** Providers of the profiles that it can work with; undefined for all of them, endpoints of a user's own too. */
  readonly providers: readonly string[] | undefined;
  /** False where it may have nothing to do with a model. */
  readonly needsModel: boolean;
  readonly argv: (place: Place) => readonly [string, ...string[]];
  readonly env: (place: Place) => Env;
  /** Files below the session's folder, path to text. */
  readonly files: (place: Place) => Env;
  /** Undefined: its output is plain text. */
  readonly reader: ((nowMs: () => number) => FactReader) | undefined;
  /** Exit code by which it says that it has reached its turn limit. */
  readonly turnLimitExit?: number;
}
