#!/usr/bin/env node
import { readFileSync, writeSync } from 'node:fs';

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // The path that must cost next to nothing: no compile cache, no chunk of the bundle, no stream.
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  writeSync(1, `${(JSON.parse(text) as { readonly version: string }).version}\n`);
} else {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  const { runCli } = await import('./cli/main-cli.ts');
  const { packageVersion } = await import('./adapters/host/package-root.ts');
  const { commands } = await import('./commands/registry.ts');
  await runCli(argv, {
    commands,
    version: packageVersion(),
    makeContext: async (globals, base) => {
      const { compose } = await import('./compose.ts');
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
