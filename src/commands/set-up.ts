import { z } from 'zod';
import { RalphError } from '../domain/error.ts';
import { settingKey, settingKeys } from '../domain/settings.ts';
import { defineCommand } from './define.ts';

export const doctor = defineCommand({
  id: 'setup.doctor',
  title: 'Check this machine: git, backends, model profiles, disk, settings',
  group: 'Set up',
  args: z.object({}),
  cli: { path: 'doctor' },
  run: async ({ app, out }) => {
    const engine = await app.engine();
    const findings = await engine.doctor();
    if (out.asJson) out.json(findings);
    else
      for (const f of findings) {
        out.print(`${f.level.padEnd(4)}  ${f.what}`);
        if (f.hint !== undefined && f.level !== 'ok') out.print(`      ${f.hint}`);
      }
    return findings.some((f) => f.level === 'fail') ? 1 : 0;
  },
});

export const models = defineCommand({
  id: 'setup.models',
  title: 'List the model profiles',
  group: 'Set up',
  args: z.object({}),
  cli: { path: 'models' },
  run: async ({ app, out }) => {
    const engine = await app.engine();
    const isThere = app.files.readText(app.modelsFile) !== undefined;
    if (!out.asJson)
      out.error(
        isThere ? app.modelsFile : `${app.modelsFile} is not there (ralph init writes it); built in:`,
      );
    for (const p of await engine.profiles()) {
      if (out.asJson) out.json(p);
      else
        out.print(
          `${p.name.padEnd(20)} ${p.provider}/${p.model}${p.priced ? '' : '  (no known price)'}${p.fallback ? `  fallback ${p.fallback}` : ''}`,
        );
    }
    return 0;
  },
});

const shown = (value: unknown): string =>
  value === undefined ? '(not set)' : typeof value === 'string' ? value : JSON.stringify(value);
const keyArg = z
  .string()
  .describe(`one of ${settingKeys.join(', ')}`)
  .meta({ value: 'KEY', suggested: settingKeys });

export const configGet = defineCommand({
  id: 'config.get',
  title: 'Print a setting',
  group: 'Set up',
  args: z.object({ key: keyArg }),
  cli: { path: 'config get', positional: ['key'] },
  run: async ({ app, out }, { key }) => {
    const value = app.settings.get(settingKey(key));
    if (out.asJson) out.json({ key, value, origin: app.settings.origin(settingKey(key)) });
    else out.print(shown(value));
    return 0;
  },
});

export const configSet = defineCommand({
  id: 'config.set',
  title: 'Change a setting, for you or for this repository',
  group: 'Set up',
  args: z.object({
    key: keyArg,
    value: z.string().describe('the new value').meta({ value: 'VALUE' }),
    project: z.boolean().default(false).describe('write ralph.yaml of this repository'),
  }),
  cli: { path: 'config set', positional: ['key', 'value'] },
  examples: ['config set concurrency 8', 'config set default_profile strong-doctor --project'],
  run: async ({ app, out }, { key, value, project }) => {
    const scope = project ? 'project' : 'user';
    await app.settings.set(settingKey(key), value, scope);
    const file = project ? app.settings.files.project : app.settings.files.user;
    if (file === undefined) throw new RalphError('usage', 'there is no repository here');
    out.print(`${key} = ${value} in ${file}`);
    return 0;
  },
});

export const configShow = defineCommand({
  id: 'config.show',
  title: 'Print every setting',
  group: 'Set up',
  args: z.object({ origin: z.boolean().default(false).describe('and where it comes from') }),
  cli: { path: 'config show' },
  run: async ({ app, out }, { origin }) => {
    for (const row of app.settings.all()) {
      if (out.asJson) out.json(origin ? row : { key: row.key, value: row.value });
      else
        out.print(
          `${row.key.padEnd(18)} ${shown(row.value).padEnd(24)}${origin ? ` ${row.origin}` : ''}`.trimEnd(),
        );
    }
    for (const warning of app.settings.warnings) out.error(`ralph: ${warning}`);
    return 0;
  },
});
