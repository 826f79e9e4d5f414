import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Layer -> what it may import: our layers, then packages (`node:` stands for all of Node). Default deny. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain', 'zod', 'yaml', 'diff', 'jsonrepair', 'tokenx', 'gray-matter'],
  ports: ['ports', 'domain'],
  engine: ['engine', 'ports', 'domain'],
  adapters: [
    'adapters',
    'ports',
    'domain',
    'node:',
    'zod',
    'yaml',
    'tokenx',
    'execa',
    'openai',
    'conf',
    '@pydantic/genai-prices',
    '@secretlint/core',
    '@secretlint/profiler',
    '@secretlint/secretlint-rule-preset-recommend',
    'dockerode',
    '@kubernetes/client-node',
    '@octokit/rest',
    '@octokit/auth-app',
    '@octokit/plugin-retry',
    '@octokit/plugin-throttling',
  ],
  commands: ['commands', 'engine', 'ports', 'domain', 'zod'],
  cli: ['cli', 'commands', 'engine', 'domain', 'node:', 'zod'],
  tui: ['tui', 'commands', 'engine', 'ports', 'domain', 'ink', 'react', 'string-width', 'chalk'],
  // The composition root sees all of ours, but only Node beside it; so does main.ts.
  compose: ['domain', 'ports', 'engine', 'adapters', 'commands', 'cli', 'tui', 'node:', 'compose'],
  root: ['domain', 'ports', 'engine', 'adapters', 'commands', 'cli', 'tui', 'node:', 'compose'],
};
/** These layers may use engine types, but nothing of it at run time. */
const typesOnly: Readonly<Record<string, readonly string[]>> = { cli: ['engine'], tui: ['engine'] };
/** The one door to execa, and what stands beside it for every adapter. */
const SHARED_ADAPTERS = /^src\/adapters\/process(-[a-z]+)?\.ts$/;

type Source = readonly [path: string, text: string];
interface Imported {
  readonly specifier: string;
  readonly isType: boolean;
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*/gm, '$1');

const STATEMENT = /(?:^|;)\s*(import|export)\b(\s+type\b)?[^;'"`]*?\bfrom\s*(['"])([^'"]+)\3/gm;
const BARE = /(?:^|;)\s*import\s*(['"])([^'"]+)\1/gm;
const CALL = /\b(?:import|require|getBuiltinModule)\s*\(\s*(['"`])([^'"`]+)\1/g;

const importsOf = (text: string): readonly Imported[] => {
  const code = withoutComments(text);
  return [
    ...[...code.matchAll(STATEMENT)].map((m) => ({ specifier: m[4]!, isType: m[2] !== undefined })),
    ...[...code.matchAll(BARE)].map((m) => ({ specifier: m[2]!, isType: false })),
    ...[...code.matchAll(CALL)].map((m) => ({ specifier: m[2]!, isType: false })),
  ];
};

const layerOf = (path: string): string => {
  const [, second = ''] = path.split('/');
  return second.endsWith('.ts') || second.endsWith('.tsx') ? 'root' : second;
};
const targetOf = (path: string, specifier: string): { readonly path: string; readonly layer: string } => {
  if (!specifier.startsWith('.')) return { path: '', layer: specifier };
  const target = normalize(join(dirname(path), specifier));
  const layer = layerOf(target);
  return { path: target, layer: layer === 'root' ? basename(target).replace(/\.tsx?$/, '') : layer };
};
const fits = (rule: string, layer: string): boolean =>
  layer === rule || layer.startsWith(`${rule}/`) || (rule.endsWith(':') && layer.startsWith(rule));

/** Adapters of one group (`model`, `scm`, …) know nothing of another; process.ts is everybody's. */
const crossesGroups = (path: string, target: string): boolean => {
  if (!path.startsWith('src/adapters/') || !target.startsWith('src/adapters/')) return false;
  return !SHARED_ADAPTERS.test(target) && target.split('/')[2] !== path.split('/')[2];
};

const problemOf = (path: string, { specifier, isType }: Imported): string | undefined => {
  const layer = layerOf(path);
  const target = targetOf(path, specifier);
  const rules = allowed[layer] ?? [];
  const found = `${path} -> ${specifier}`;
  if (!rules.some((rule) => fits(rule, target.layer))) return found;
  if (crossesGroups(path, target.path)) return `${found} (another adapter)`;
  if (!isType && typesOnly[layer]?.includes(target.layer)) return `${found} (types only)`;
  if (target.layer === 'execa' && !SHARED_ADAPTERS.test(path)) return `${found} (only process.ts)`;
  return undefined;
};

const violations = (files: readonly Source[]): readonly string[] =>
  files.flatMap(([path, text]) => importsOf(text).flatMap((one) => problemOf(path, one) ?? []));

// Imports are not the only way to touch the world: the pure layer may not use what Node has lying around either.
const AMBIENT =
  /(?<![.\w'"$-])(?:process|Buffer|fetch|console|crypto|performance|globalThis|setTimeout|setInterval|setImmediate|queueMicrotask)(?=\s*[.([])|\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b/;

const sources: readonly Source[] = globSync('src/**/*.{ts,tsx}')
  .filter((path) => !path.startsWith('src/demo/'))
  .map((path) => [path, readFileSync(path, 'utf8')]);

describe('the layers', () => {
  it('hold: nothing imports what its layer may not', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(violations(sources)).toEqual([]);
  });

  it.each([
    ['src/domain/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['src/domain/x.ts', "import type { Settings } from '../ports/settings.ts';"],
    ['src/domain/spec/x.ts', "export { run } from '../../engine/run.ts';"],
    ['src/domain/x.ts', "import {\n  a,\n  b,\n} from 'execa';"],
    ['src/domain/x.ts', "import 'node:fs';"],
    ['src/domain/x.ts', "const fs = require('node:fs');"],
    ['src/ports/x.ts', "import { z } from 'zod';"],
    ['src/engine/x.ts', "import { execa } from 'execa';"],
    ['src/engine/x.ts', "import { join } from 'node:path';"],
    ['src/engine/workspace/x.ts', "const fs = await import('node:fs');"],
    ['src/engine/x.ts', "const fs = process.getBuiltinModule('node:fs');"],
    ['src/engine/x.ts', "export * from '../adapters/host/lock.ts';"],
    ['src/adapters/host/x.ts', "import type { Run } from '../../engine/run.ts';"],
    ['src/adapters/host/x.ts', "import { a } from '../model/openai.ts';"],
    ['src/adapters/host/x.ts', "import { execa } from 'execa';"],
    ['src/adapters/host/x.ts', "const { a } = await import('left-pad');"],
    ['src/commands/x.ts', "import { App } from '../tui/app.tsx';"],
    ['src/commands/x.ts', "import { readFileSync } from 'node:fs';"],
    ['src/commands/x.ts', "import { homes } from '../adapters/host/run-homes.ts';"],
    ['src/cli/x.ts', "import { compose } from '../compose/compose.ts';"],
    ['src/compose/x.ts', "import '../main.ts';"],
    ['src/cli/x.ts', "import { run } from '../engine/run.ts';"],
    ['src/cli/x.ts', "import React from 'react';"],
    ['src/tui/x.tsx', "import { readFileSync } from 'node:fs';"],
    ['src/compose/x.ts', "import { execa } from 'execa';"],
    ['src/elsewhere/x.ts', "import { z } from 'zod';"],
  ])('fire: %s may not hold %s', (path, text) => {
    expect(violations([[path, text]])).toHaveLength(1);
  });

  it.each([
    ['src/domain/x.ts', "import { z } from 'zod';\nimport type { Exit } from './exit.ts';"],
    [
      'src/adapters/host/x.ts',
      "import { spawn } from '../process.ts';\nimport { a } from './git/command.ts';",
    ],
    ['src/cli/x.ts', "import type { Run } from '../engine/run.ts';\nimport { parseArgs } from 'node:util';"],
    [
      'src/compose/engine.ts',
      "import { a } from './compose.ts';\nimport { b } from '../adapters/host/lock.ts';",
    ],
    ['src/engine/x.ts', "// import { a } from 'execa';\n/* require('node:fs') */"],
  ])('let through what is allowed: %s', (path, text) => {
    expect(violations([[path, text]])).toEqual([]);
  });
});

describe('the domain', () => {
  const pure = sources.filter(([path]) => path.startsWith('src/domain/'));

  it('is pure: no clock, randomness, timers, process or network', () => {
    expect(pure.length).toBeGreaterThan(10);
    expect(pure.filter(([, text]) => AMBIENT.test(withoutComments(text))).map(([path]) => path)).toEqual([]);
  });

  it.each([
    'Date.now()',
    'new Date()',
    'fetch(url)',
    'process.env.X',
    "process['env']",
    'Math.random()',
    'Buffer.from(a)',
  ])('is watched for %s', (bad) => expect(AMBIENT.test(`const a = ${bad};`)).toBe(true));
});

describe('the files', () => {
  it('have kebab-case names that say what they hold', () => {
    const bad = sources.filter(([path]) => {
      const name = basename(path).replace(/\.tsx?$/, '');
      return (
        !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ||
        /(^|-)(utils?|helpers?|managers?|services?|index|misc|common)$/.test(name)
      );
    });
    expect(bad.map(([path]) => path)).toEqual([]);
  });

  const isBarrel = (text: string): boolean => {
    const code = withoutComments(text).trim();
    const exported = /^(?:export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;]*from[^;]*;\s*)+$/;
    return /export\s+\*\s+from/.test(code) || (code !== '' && exported.test(code));
  };
  it('hold no barrel', () => {
    expect(sources.filter(([, text]) => isBarrel(text)).map(([path]) => path)).toEqual([]);
    expect(isBarrel("export { a } from './a.ts';\nexport type { B } from './b.ts';\n")).toBe(true);
    expect(isBarrel("export * from './a.ts';\nconst a = 1;")).toBe(true);
    expect(isBarrel("export type { A } from './a.ts';\nexport const b = 1;")).toBe(false);
  });

  it('hold no class but the error, no enum, no namespace and no default export', () => {
    const bad =
      /^\s*(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\s|^\s*(?:export\s+)?(?:const\s+)?enum\s|^\s*(?:export\s+)?namespace\s|^\s*export\s+default\s/m;
    const found = sources.filter(
      ([path, text]) => path !== 'src/domain/error.ts' && bad.test(withoutComments(text)),
    );
    expect(found.map(([path]) => path)).toEqual([]);
    for (const line of ['export class A {', 'enum B {', 'export default a;', 'namespace C {'])
      expect(bad.test(line)).toBe(true);
  });
});
