import { build, type Plugin } from 'esbuild';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
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
  text.replace(/^import \{([^}]*)\} from '(node:[a-z_/]+)';$/gm, (_all, names: string, module: string) => {
    const picked = names
      .split(',')
      .map((name) => name.trim().replace(/ as /, ': '))
      .filter((name) => name !== '' && !name.startsWith('type '));
    return `const { ${picked.join(', ')} } = process.getBuiltinModule('${module}');`;
  });

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

rmSync(dist, { recursive: true, force: true });
const result = await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/main.ts' },
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
  plugins: [ourSources],
  metafile: true,
  logLevel: 'warning',
});
chmodSync(join(dist, 'main.js'), 0o755);
const demo = join(root, 'src/demo');
if (existsSync(demo)) {
  cpSync(demo, join(dist, 'demo'), {
    recursive: true,
    // Our own sources are in the bundle; the demo's repository is data, whatever its files are called.
    filter: (path) => !(path.endsWith('.ts') && !path.slice(demo.length + 1).includes('/')),
  });
}

const { size } = statSync(join(dist, 'main.js'));
const chunks = existsSync(join(dist, 'chunks')) ? readdirSync(join(dist, 'chunks')).length : 0;
const total = Object.values(result.metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
process.stdout.write(
  `dist/main.js ${size} bytes, ${chunks} chunks, ${Math.round(total / 1024)} KiB in all\n`,
);
