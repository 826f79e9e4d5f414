import { succeeded } from '../../domain/exit.ts';
import { execBytes } from '../process.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The secret store of the system, through its own command. A secret goes by standard input, never by argv. */
export interface Keychain {
  readonly name: string;
  read(account: string): Promise<string | undefined>;
  /** False when it was not taken. */
  write(account: string, secret: string): Promise<boolean>;
  /** False when there was none. */
  remove(account: string): Promise<boolean>;
}

const SERVICE = 'ralph';
/** Somebody may have to unlock it first. */
const TIMEOUT_MS = 60_000;
/** `security -i` reads lines of at most this many bytes. */
const LONGEST_LINE = 4_000;

type Argv = readonly [string, ...string[]];
interface Ran {
  readonly ok: boolean;
  readonly text: string;
}

const runner =
  (env: Env) =>
  async (argv: Argv, input?: string): Promise<Ran> => {
    const { exit, stdout } = await execBytes({
      argv,
      env,
      timeoutMs: TIMEOUT_MS,
      maxBytes: 64 * 1024,
      ...(input !== undefined && { input }),
    });
    return { ok: succeeded(exit), text: stdout.toString('utf8') };
  };
type Run = ReturnType<typeof runner>;

const read = async (run: Run, argv: Argv): Promise<string | undefined> => {
  const { ok, text } = await run(argv);
  const secret = text.replace(/\n$/, '');
  return ok && secret !== '' ? secret : undefined;
};

/** libsecret: GNOME Keyring, KWallet, KeePassXC. */
const libsecret = (run: Run): Keychain => {
  const at = (account: string): readonly string[] => ['service', SERVICE, 'account', account];
  const lookUp = (account: string) => read(run, ['secret-tool', 'lookup', ...at(account)]);
  return {
    name: 'keychain (libsecret)',
    read: lookUp,
    write: async (account, secret) => {
      await run(['secret-tool', 'store', `--label=ralph ${account}`, ...at(account)], secret);
      return (await lookUp(account)) === secret;
    },
    remove: async (account) => {
      if ((await lookUp(account)) === undefined) return false;
      return (await run(['secret-tool', 'clear', ...at(account)])).ok;
    },
  };
};

/**
 * macOS. `security add-generic-password -w SECRET` would show the secret to everybody who lists processes, and `-w`
 * alone asks the terminal, not standard input. So the whole command goes by standard input, the secret in hex.
 */
const macos = (run: Run): Keychain => {
  const at = (account: string): readonly string[] => ['-s', SERVICE, '-a', account];
  const lookUp = (account: string) => read(run, ['security', 'find-generic-password', ...at(account), '-w']);
  return {
    name: 'keychain (macOS)',
    read: lookUp,
    write: async (account, secret) => {
      const hex = Buffer.from(secret).toString('hex');
      const line = `add-generic-password -U ${at(account).join(' ')} -X ${hex}\n`;
      if (line.length > LONGEST_LINE) return false;
      await run(['security', '-i'], line);
      // Its exit code tells of the last command only, if at all.
      return (await lookUp(account)) === secret;
    },
    remove: async (account) => (await run(['security', 'delete-generic-password', ...at(account)])).ok,
  };
};

/** The keychain of this system. */
export const createKeychain = (env: Env, platform: NodeJS.Platform = process.platform): Keychain =>
  platform === 'darwin' ? macos(runner(env)) : libsecret(runner(env));
