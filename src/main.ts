#!/usr/bin/env node
// An import of a built-in module reads every one of its exports: `fs` then loads all of its streams and promises (5 ms).
const { existsSync, readFileSync, writeSync } = process.getBuiltinModule('node:fs');
// Undefined before Node 22.8.
const { enableCompileCache }: { readonly enableCompileCache?: () => unknown } =
  process.getBuiltinModule('node:module');

const argv = process.argv.slice(2);
const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
const { version } = JSON.parse(text) as { readonly version: string };
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // The path that must cost next to nothing: no compile cache, no chunk of the bundle, no stream.
  writeSync(1, `${version}\n`);
} else if (enableCompileCache === undefined) {
  const { onOwnNode } = await import('./adapters/process-own-node.ts');
  process.exitCode = await onOwnNode(argv);
} else {
  enableCompileCache();
  if (argv.length === 0 && isAtTerminal()) await runScreen();
  else if (!helped() && !(await listed())) await runWhole(onlyOpensScreen() ? ['tui', ...argv] : argv);
}

/** The build has written it down; the sources have to make it. */
function helped(): boolean {
  if (argv.length !== 1 || argv[0] !== '--help') return false;
  const file = new URL('help.txt', import.meta.url);
  if (!existsSync(file)) return false;
  put(readFileSync(file));
  return true;
}

function isAtTerminal(): boolean {
  const { isatty } = process.getBuiltinModule('node:tty');
  return isatty(0) && isatty(1);
}

/** `ralph` without a command, but with flags that only the screen has. */
function onlyOpensScreen(): boolean {
  const line = argv.join('\n');
  return /^(?:--(?:inline|read-only|(?:theme|filter)[\n=].*)(?:\n|$))+$/.test(line);
}

async function runScreen(): Promise<void> {
  // Where there is fetch, Yoga loads its own code by it, and Node's HTTP client along with it (20 ms).
  const { fetch } = globalThis;
  Reflect.deleteProperty(globalThis, 'fetch');
  const { openScreen } = await import('./compose/first-frame.ts');
  globalThis.fetch = fetch;
  try {
    process.exit(await openScreen());
  } catch (error) {
    const { describeError } = await import('./cli/main-cli.ts');
    const { exitCodeOf } = await import('./cli/exit-code.ts');
    process.stderr.write(`${describeError(error)}\n`);
    process.exit(exitCodeOf(error));
  }
}

async function listed(): Promise<boolean> {
  if (argv.length !== 1 || argv[0] !== 'ls') return false;
  const { plainList } = await import('./compose/list.ts');
  const isTerminal = process.getBuiltinModule('node:tty').isatty(1);
  const list = plainList(process.env, isTerminal ? process.stdout.columns : undefined);
  if (list !== undefined) put(Buffer.from(list));
  return list !== undefined;
}

// Making process.stdout costs 4 ms, so it is left to what a plain write cannot do: a pipe that takes no more just now.
function put(bytes: Buffer): void {
  let left = bytes;
  try {
    while (left.length > 0) left = left.subarray(writeSync(1, left));
  } catch {
    process.stdout.on('error', ({ code = 'error' }: NodeJS.ErrnoException) => {
      // A reader that goes away (`| head`) is no error.
      if (code === 'EPIPE') process.exit(0);
      process.stderr.write(`ralph: cannot write the output: ${code}\n`);
      process.exit(1);
    });
    process.stdout.write(left);
  }
}

async function runWhole(line: readonly string[]): Promise<void> {
  const { runCli } = await import('./cli/main-cli.ts');
  const { commands } = await import('./commands/registry.ts');
  await runCli(line, {
    commands,
    version,
    makeContext: async (globals, base) => {
      const { compose } = await import('./compose/compose.ts');
      const app = await compose({
        env: process.env,
        cwd: process.cwd(),
        self: [process.execPath, process.argv[1]!],
        ...(globals.config !== undefined && { userFile: globals.config }),
      });
      return { ...base, app };
    },
    runIds: ({ app }) => app.homes.list(),
  });
}
