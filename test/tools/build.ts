import { build, type BuildOptions, type Plugin } from 'esbuild';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Tests build beside it, so that a running program never loses its chunks.
const dist = join(root, process.argv[2] ?? 'dist');

// CommonJS packages inside an ES module bundle still ask for `require`. No import: the main file must start fast.
const banner = "const require=process.getBuiltinModule?.('node:module').createRequire(import.meta.url);";

// `z` as a namespace of its own keeps every part of zod (with 50 languages) in the bundle; as `* as z` the unused go.
const shakeZod = (text: string): string =>
  text.replace("import { z } from 'zod';", "import * as z from 'zod';");

// An ES import of a built-in module reads all of its exports at once: node:util then loads an assertion library and
// opens stderr, node:fs loads its streams (some 15 ms together). As a property, what is not named is not loaded.
const pickBuiltins = (text: string): string =>
  text.replace(
    /^import ?\{([^}]*)\} from ['"](node:[a-z_/]+)['"];?$/gm,
    (_all, names: string, module: string) => {
      const picked = names
        .split(',')
        .map((name) => name.trim().replace(/ as /, ': '))
        .filter((name) => name !== '' && !name.startsWith('type '));
      return `const { ${picked.join(', ')} } = globalThis.process.getBuiltinModule('${module}');`;
    },
  );

const pickDefaults = (text: string): string =>
  text.replace(
    /^import (\w+) from ['"](node:[a-z_/]+)['"];?$/gm,
    "const $1 = globalThis.process.getBuiltinModule('$2');",
  );

const ourSources: Plugin = {
  name: 'our-sources',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]src[\\/].*\.tsx?$/ }, ({ path }) =>
      path.includes('node_modules')
        ? undefined
        : {
            contents: pickBuiltins(shakeZod(readFileSync(path, 'utf8'))),
            loader: path.endsWith('x') ? 'tsx' : 'ts',
          },
    );
  },
};

// Ink measures every text of every frame, several times: our own measure asks the library only where it must.
const ownWidth: Plugin = {
  name: 'own-width',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^string-width$/ }, ({ importer }) =>
      importer.includes('node_modules') ? { path: 'own-width', namespace: 'own-width' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'own-width' }, () => ({
      contents: "export { widthOf as default } from './src/tui/fit.ts';",
      resolveDir: root,
    }));
  },
};

// Ink takes every line of every frame apart into characters anew, which is a third of what a frame costs. With the
// lines of the last frame at hand, only what has changed is. A build fails where Ink has moved this line.
const keepLines = (text: string): string => {
  const line = 'caches = new OutputCaches();';
  if (text.split(line).length !== 2)
    throw new Error('ink/build/output.js has no `caches` to replace any more');
  return text
    .replace(line, 'caches = OutputCaches.next();')
    .replace(
      'class OutputCaches {',
      `class OutputCaches {
    static last;
    older;
    static next() {
        const made = new OutputCaches();
        const { last } = OutputCaches;
        if (last) {
            last.older = undefined;
            made.older = last;
            made.widths = last.widths.size > 5000 ? made.widths : last.widths;
        }
        return (OutputCaches.last = made);
    }`,
    )
    .replace(
      'cached = styledCharsFromTokens',
      'cached = this.older?.styledChars.get(line) ?? styledCharsFromTokens',
    );
};

// The same in packages, whose default imports (`import process from 'node:process'` makes all standard streams) count too.
const packages: Plugin = {
  name: 'packages',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]node_modules[\\/].*\.m?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (/[\\/]ink[\\/]build[\\/]output\.js$/.test(path)) return { contents: keepLines(text), loader: 'js' };
      return /^import .* from ['"]node:/m.test(text)
        ? { contents: pickDefaults(pickBuiltins(text)), loader: 'js' }
        : undefined;
    });
  },
};

// dockerode brings gRPC (to build images) and an SSH client along; we talk to a local socket only, and both are large,
// slow to load, and read files beside their own source.
const localEngine: Plugin = {
  name: 'local-engine',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^\.\/(session|buildkit|ssh)$/ }, ({ path, importer }) =>
      /[\\/]node_modules[\\/](dockerode|docker-modem)[\\/]/.test(importer)
        ? { path, namespace: 'local-engine' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'local-engine' }, () => ({ contents: 'module.exports = {};' }));
  },
};

rmSync(dist, { recursive: true, force: true });
const common: BuildOptions = {
  absWorkingDir: root,
  outdir: dist,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  define: { 'process.env.NODE_ENV': '"production"' },
  jsx: 'automatic',
  // Only for a debugger that nobody attaches; Ink loads it where DEV is set.
  external: ['react-devtools-core'],
  // Names of functions stay as they are: stack traces in bug reports should be readable.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  banner: { js: banner },
  plugins: [ourSources, ownWidth, packages, localEngine],
  metafile: true,
  logLevel: 'warning',
};
// The screen has a graph of its own: split together with the command line, its first frame would wait for 33 chunks.
const ownScreen: Plugin = {
  name: 'own-screen',
  setup: ({ onResolve }) => {
    onResolve({ filter: /compose\/first-frame\.ts$/ }, ({ importer }) =>
      importer.endsWith('main.ts') ? { path: './screen.js', external: true } : undefined,
    );
  },
};
const cli = await build({
  ...common,
  metafile: true,
  entryPoints: { main: 'src/main.ts' },
  plugins: [ownScreen, ...(common.plugins ?? [])],
});
const screen = await build({
  ...common,
  metafile: true,
  entryPoints: { screen: 'src/compose/first-frame.ts' },
  chunkNames: 'screen/[name]-[hash]',
});
// esbuild gives `import()` of CommonJS a default export and nothing else: what is taken by name would be undefined.
for (const { metafile } of [cli, screen]) {
  for (const [from, input] of Object.entries(metafile.inputs)) {
    const late = input.imports.filter(
      ({ kind, path }) => kind === 'dynamic-import' && metafile.inputs[path]?.format === 'cjs',
    );
    for (const { original = '' } of late) {
      const lines = readFileSync(join(root, from), 'utf8').split('\n');
      if (lines.some((line) => line.includes(`import('${original}')`) && !line.includes('{ default:')))
        throw new Error(
          `${from} loads ${original} late and by name: only its default is there in the bundle`,
        );
    }
  }
}
chmodSync(join(dist, 'main.js'), 0o755);
const demo = join(root, 'src/demo');
if (existsSync(demo)) {
  cpSync(demo, join(dist, 'demo'), {
    recursive: true,
    // Our own sources are in the bundle; the demo's repository is data, whatever its files are called.
    filter: (path) => !(path.endsWith('.ts') && !path.slice(demo.length + 1).includes('/')),
  });
}

cpSync(join(root, 'src/images'), join(dist, 'images'), { recursive: true });

// What `ralph --help` prints, so that it need not load every command to say it.
const help = execFileSync(process.execPath, [join(dist, 'main.js'), '--help']);
writeFileSync(join(dist, 'help.txt'), help);

const { size } = statSync(join(dist, 'main.js'));
const chunks = existsSync(join(dist, 'chunks')) ? readdirSync(join(dist, 'chunks')).length : 0;
const total = [cli, screen]
  .flatMap((one) => Object.values(one.metafile.outputs))
  .reduce((sum, output) => sum + output.bytes, 0);
process.stdout.write(
  `dist/main.js ${size} bytes, ${chunks} chunks, ${Math.round(total / 1024)} KiB in all\n`,
);
