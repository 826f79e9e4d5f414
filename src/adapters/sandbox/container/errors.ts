import { RalphError } from '../../../domain/error.ts';
import type { EngineTraits } from './engines.ts';

interface ApiError {
  readonly statusCode?: number;
  readonly code?: string;
  readonly message: string;
  readonly json?: unknown;
}

const apiErrorOf = (error: unknown): ApiError =>
  error instanceof Error ? (error as ApiError) : { message: String(error) };

/** Nothing listens on the socket: the request has not been sent. */
export const isNotListening = (error: unknown): boolean =>
  ['ENOENT', 'ECONNREFUSED'].includes(apiErrorOf(error).code ?? '');
/** The engine went away, perhaps with our request: only what may be asked twice is asked again. */
export const isBrokenOff = (error: unknown): boolean =>
  isNotListening(error) || ['ECONNRESET', 'EPIPE'].includes(apiErrorOf(error).code ?? '');
export const isNotFound = (error: unknown): boolean => apiErrorOf(error).statusCode === 404;
/** HTTP 409, and what Podman says as 500 where a name is taken. */
export const isNameInUse = (error: unknown): boolean =>
  apiErrorOf(error).statusCode === 409 || /already in use/i.test(apiErrorOf(error).message);

/** What the engine itself said, without the words around it, on one line. */
const said = ({ json, message }: ApiError): string => {
  const text = (json as { message?: unknown } | undefined)?.message;
  const one = typeof text === 'string' ? text : message;
  return one.replaceAll(/\s+/g, ' ').trim().slice(0, 600);
};

interface Rule {
  readonly when: RegExp;
  readonly what: string;
  readonly hint: string;
}
/** First match wins. `what` stands before what the engine said. */
const rules: readonly Rule[] = [
  {
    when: /no such image|image not known|no such file or directory.*image|unable to find image/i,
    what: 'the image is not there',
    hint: 'Make it: `ralph image build`; or name another one by `sandbox.image` and pull it first.',
  },
  {
    when: /error setting rlimit/i,
    what: 'the engine may not set a resource limit',
    hint: 'Raise the hard limits of this user (`ulimit -Hn`, `ulimit -Hu`), or run `ralph doctor`.',
  },
  {
    when: /controller\S* .*not available|(memory|cpu|pids)\.max\S*.*permission denied|cgroup.*permission denied/i,
    what: 'this user may not set the limits of the sandbox',
    hint: 'Put `Delegate=cpu cpuset memory pids` under `[Service]` in /etc/systemd/system/user@.service.d/delegate.conf, then log in anew.',
  },
  {
    when: /\/dev\/net\/tun/,
    what: 'this user may not open /dev/net/tun, which a network needs',
    hint: 'Run `sudo modprobe tun` and `sudo chmod 0666 /dev/net/tun`, or use `network: none`.',
  },
  {
    when: /crun.*(cgroup|invalid argument)|unknown version specified|cgroup.*(not mounted|no such file)/i,
    what: 'the OCI runtime cannot work with the cgroups of this machine',
    hint: 'Install runc (Debian: `apt install runc`): it is used wherever cgroups are hybrid.',
  },
  {
    when: /newuidmap|subuid|subgid|insufficient uids|no subuid ranges/i,
    what: 'this user has no range of subordinate ids',
    hint: 'Run `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER`, then `podman system migrate`.',
  },
  {
    when: /netavark|iptables|setup network|slirp4netns|pasta/i,
    what: 'the engine cannot make a network',
    hint: 'Install what the engine needs for it (Debian: `apt install iptables netavark slirp4netns`), or use `network: none`.',
  },
  {
    when: /permission denied|EACCES/i,
    what: 'the engine refused',
    hint: 'See that this user may use the engine; `ralph doctor` shows more.',
  },
];

/** One RalphError for whatever went wrong between us and the engine: `disk` or `sandbox.unavailable`. */
export const translate = (engine: EngineTraits, what: string, error: unknown): RalphError => {
  if (error instanceof RalphError) return error;
  const api = apiErrorOf(error);
  const text = said(api);
  if (/no space left on device|disk quota exceeded/i.test(text))
    return new RalphError('disk', `${engine.name}: ${what}: ${text}`, {
      hint: 'Free space where the engine keeps its containers; `ralph prune` removes old sandboxes.',
      cause: error,
    });
  if (isBrokenOff(error))
    return new RalphError('sandbox.unavailable', `${engine.name} does not answer: ${what}`, {
      hint: engine.startHint,
      cause: error,
    });
  const rule = rules.find(({ when }) => when.test(text));
  return new RalphError(
    'sandbox.unavailable',
    `${engine.name}: ${what}: ${rule ? `${rule.what} (${text})` : text}`,
    { hint: rule?.hint ?? '`ralph doctor` shows what the engine lacks.', cause: error },
  );
};

/** The container is no more, or does not run. The engine of runs attaches or makes it anew. */
export const lost = (engine: EngineTraits, name: string, why: string): RalphError =>
  new RalphError('sandbox.unavailable', `${engine.name}: the sandbox ${name} ${why}`, {
    hint: 'Resume the run: its files are kept in the work folder, and the sandbox is made anew where it is gone.',
  });
