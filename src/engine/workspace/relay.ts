import { RalphError } from '../../domain/error.ts';
import { succeeded } from '../../domain/exit.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import { mustSucceed, script } from './exec-text.ts';
import { RELAY_PROGRAMS, type RelayProgram } from './relay-programs.ts';

/** The gate as the sandbox sees it. */
export interface Relay {
  /** `http://127.0.0.1:PORT`, inside. */
  readonly url: string;
  /** What carries the connections. */
  readonly program: string;
}

const TIMEOUT_MS = 20_000;
const TRIES = 5;
const FIRST_PORT = 20_000;
const PORTS = 12_000;
const TAKEN = 93;

/** Prints the first of the given programs that is there, then pid and port of the relay that was started last. */
const FIND = `state=$1; shift
for p in "$@"; do command -v "$p" >/dev/null 2>&1 && { echo "$p"; break; }; done
cat "$state" 2>/dev/null; :`;

/** $1 the pid of the relay's keeper, $2 the port, $3 the probe. */
const CHECK = `kill -0 "$1" 2>/dev/null && sh -c "$3" sh "$2"`;

/**
 * The keeper ends the relay when the gate's socket has been gone for a minute: on a backend without isolation nothing
 * else would. $1 the port, $2 the relay.
 */
const KEEPER = `sh -c "$2" sh "$1" & relay=$!
trap 'kill "$relay" 2>/dev/null' EXIT; trap 'exit 0' TERM INT HUP
gone=0
while kill -0 "$relay" 2>/dev/null && [ "$gone" -lt 12 ]; do
  sleep 5; if [ -S gate.sock ]; then gone=0; else gone=$((gone + 1)); fi
done`;

/** $1 the gate's folder, $2 the state file, $3 the port, $4 the relay, $5 the probe, $6 the keeper. Leaves nothing of its own pipes open. */
const START = `cd "$1" && [ -S gate.sock ] || { echo "no gate.sock in $1" >&2; exit 91; }
sh -c "$5" sh "$3" >/dev/null 2>&1 && exit ${TAKEN}
if command -v setsid >/dev/null 2>&1; then setsid sh -c "$6" sh "$3" "$4" </dev/null >/dev/null 2>&1 &
else nohup sh -c "$6" sh "$3" "$4" </dev/null >/dev/null 2>&1 & fi
pid=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  sh -c "$5" sh "$3" >/dev/null 2>&1 && { (umask 077; echo "$pid $3" > "$2"); exit 0; }
  kill -0 "$pid" 2>/dev/null || exit ${TAKEN}
  sleep 0.1
done
kill "$pid" 2>/dev/null; exit ${TAKEN}`;

/** One file for each gate: without isolation several sandboxes share /tmp. */
const stateFile = (gateDir: string): string => {
  let hash = 0;
  for (const letter of gateDir) hash = (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) >>> 0;
  return `/tmp/.ralph-relay-${hash.toString(36)}-${gateDir.replace(/[^A-Za-z0-9]/g, '').slice(-24)}`;
};

interface Found {
  readonly program: RelayProgram;
  readonly running: { readonly pid: string; readonly port: string } | undefined;
}

const find = async (box: Sandbox, state: string): Promise<Found> => {
  const names = RELAY_PROGRAMS.map(({ name }) => name);
  const request = { argv: script(FIND, state, ...names), cwd: '/', timeoutMs: TIMEOUT_MS };
  const { stdout } = mustSucceed(await box.exec(request), 'looking for a relay');
  const [first = '', ...rest] = stdout.trim().split('\n');
  const program = RELAY_PROGRAMS.find(({ name }) => name === first);
  if (program === undefined)
    throw new RalphError('sandbox.unavailable', 'nothing in the sandbox can reach the gate', {
      hint: `The image needs one of ${names.join(', ')}; the default image (ralph image build) has node.`,
    });
  const [, pid, port] = /^(\d{1,9}) (\d{1,5})$/.exec(rest.at(-1) ?? '') ?? [];
  return { program, running: pid !== undefined && port !== undefined ? { pid, port } : undefined };
};

/**
 * Makes the gate's socket reachable inside as a port of 127.0.0.1: one relay for each sandbox, detached, reused while
 * it answers, started anew when it does not, gone with the sandbox. Throws RalphError `sandbox.unavailable`.
 */
export const openRelay = async (box: Sandbox, random: () => number): Promise<Relay> => {
  const { gateDir } = box;
  if (gateDir === undefined)
    throw new RalphError('sandbox.unavailable', 'this backend passes no gate into its sandboxes', {
      hint: 'Use podman, docker or local for agents that call the model themselves.',
    });
  const state = stateFile(gateDir);
  const { program, running } = await find(box, state);
  const { name, probe, serve } = program;
  const at = (port: string): Relay => ({ url: `http://127.0.0.1:${port}`, program: name });
  const exec = (text: string, ...args: readonly string[]) =>
    box.exec({ argv: script(text, ...args), cwd: '/', timeoutMs: TIMEOUT_MS });
  if (running !== undefined && succeeded((await exec(CHECK, running.pid, running.port, probe)).exit))
    return at(running.port);
  if (running !== undefined) await exec('kill "$1" 2>/dev/null; :', running.pid);
  for (let tries = 1; ; tries += 1) {
    const port = String(FIRST_PORT + Math.floor(random() * PORTS));
    const result = await exec(START, gateDir, state, port, serve, probe, KEEPER);
    if (succeeded(result.exit)) return at(port);
    const isTaken = result.exit.kind === 'code' && result.exit.code === TAKEN;
    if (!isTaken || tries === TRIES)
      mustSucceed(result, `starting a relay with ${name}`, 'sandbox.unavailable');
  }
};
